#!/usr/bin/env node
/**
 * The Stop hook: sends an agent back to work, a few times, if it ends its turn while its request is unfinished. It is a reminder, not a proof:
 * a Stop hook may not run, so whoever runs the agent checks again afterwards, by the same rule (completion.mjs).
 *
 * Does nothing without AUTOMATION_REQUEST_ID. On any error it lets the agent stop.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fetchRequest, isUuid, RefusedError, UnreachableError } from './automation_api.mjs';
import { judgeCompletion } from './completion.mjs';

/** Per session. Claude Code itself gives up after 8 in a row, but a tool call in between resets that count. */
const MAX_BLOCKS = 5;
/** Deadline for the service, retries included. The hook's own timeout must be longer. */
const SERVICE_MS = 8_000;
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

async function main() {
  const id = process.env.AUTOMATION_REQUEST_ID;
  if (!isUuid(id)) return;
  const event = await readEvent();
  if (event === undefined) return letGo('The Stop event could not be read.');
  // Background tasks report later, and the turn that this starts ends with another Stop event.
  if (Array.isArray(event.background_tasks) && event.background_tasks.length > 0) return;

  const { body: request } = await fetchRequest(id, SERVICE_MS);
  const attempt = /^\d+$/.test(process.env.AUTOMATION_ATTEMPT ?? '')
    ? Number(process.env.AUTOMATION_ATTEMPT)
    : undefined;
  const { done, open } = judgeCompletion(request, attempt);
  if (done) return;

  const memory = memoryOf(String(event.session_id ?? ''));
  const state = fingerprint(request);
  const before = memory.read();
  if (event.stop_hook_active === true && (before === undefined || before.state === state)) {
    return letGo('The request is unfinished, but the agent reported nothing since it was sent back. Letting it stop.');
  }
  const blocks = (before?.blocks ?? 0) + 1;
  if (blocks > MAX_BLOCKS) {
    return letGo(`The request is unfinished, but the agent was sent back ${MAX_BLOCKS} times. Letting it stop.`);
  }
  // If the count cannot be stored, `stop_hook_active` above prevents endless blocking.
  memory.write({ blocks, state });
  process.stdout.write(`${JSON.stringify({ decision: 'block', reason: reasonFor(open) })}\n`);
}

/** @param {readonly string[]} open */
function reasonFor(open) {
  return [
    'The request is not finished:',
    ...open.map((each) => `- ${each}`),
    'Continue, and report each step with update_request_status.mjs, up to the status completed. If you cannot finish, report blocked with a',
    'reason and a message, or failed with what you tried, and then stop.',
  ].join('\n');
}

/** @param {string} message */
function letGo(message) {
  process.stderr.write(`${message}\n`);
  process.stdout.write(`${JSON.stringify({ systemMessage: message })}\n`);
}

/** @returns {Promise<Record<string, unknown> | undefined>} */
async function readEvent() {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > MAX_INPUT_BYTES) return undefined;
  }
  try {
    const event = JSON.parse(text);
    return typeof event === 'object' && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hash of what an agent changes by reporting. The version would not do, because the worker's figures change it too.
 *
 * @param {any} request
 */
function fingerprint({ status, current_phase, milestones, test_results, plan_document, pr_url }) {
  const text = JSON.stringify([status, current_phase, milestones, test_results, plan_document, pr_url]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Stores how often a session was sent back, and the state of the request at the last time.
 *
 * @param {string} session
 */
function memoryOf(session) {
  const folder = process.env.AUTOMATION_HOOK_STATE_DIR || join(tmpdir(), `automation-hooks-${userInfo().uid}`);
  const name = createHash('sha256').update(session).digest('hex').slice(0, 32);
  const file = join(folder, `stops-${name}.json`);
  return {
    /** @returns {{ blocks: number, state: string } | undefined} */
    read() {
      try {
        const { blocks, state } = JSON.parse(readFileSync(file, 'utf8'));
        return Number.isInteger(blocks) && typeof state === 'string' ? { blocks, state } : undefined;
      } catch {
        return undefined;
      }
    },
    /** @param {{ blocks: number, state: string }} memory */
    write(memory) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(file, JSON.stringify(memory), { mode: 0o600 });
      } catch {
        // See the caller.
      }
    },
  };
}

try {
  await main();
} catch (error) {
  const why =
    error instanceof UnreachableError
      ? 'The service did not answer in time'
      : error instanceof RefusedError
        ? `The service refused to return the request (${error.code})`
        : 'Something went wrong';
  letGo(`${why}, so the hook did not check whether the request is finished.`);
}
