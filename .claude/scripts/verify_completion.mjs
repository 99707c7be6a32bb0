#!/usr/bin/env node
/**
 * The Stop hook: an agent that ends its turn while its request is unfinished is sent back to it, a few times. It is a reminder and not a
 * proof: a Stop hook can be lost, so whoever runs the agent judges once more afterwards, by the same rule (completion.mjs).
 *
 * Without AUTOMATION_REQUEST_ID it does nothing. Whatever goes wrong in here lets the agent stop.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { callService, isUuid, RefusedError, UnreachableError } from './automation_api.mjs';
import { judgeCompletion } from './completion.mjs';

/** Of one session. Claude Code itself stops asking after 8 in a row, but a tool call in between starts that count anew. */
const MAX_BLOCKS = 5;
/** For the service, retries included; the hook's own time-out should be longer. */
const SERVICE_MS = 8_000;
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

async function main() {
  const id = process.env.AUTOMATION_REQUEST_ID;
  if (!isUuid(id)) return;
  const event = await readEvent();
  if (event === undefined) return letGo('The Stop event could not be read.');
  // What still runs in the background reports later, and the turn that this begins ends with a Stop of its own.
  if (Array.isArray(event.background_tasks) && event.background_tasks.length > 0) return;

  const { body: request } = await callService({ method: 'GET', path: `/requests/${id}`, totalMs: SERVICE_MS });
  const attempt = /^\d+$/.test(process.env.AUTOMATION_ATTEMPT ?? '')
    ? Number(process.env.AUTOMATION_ATTEMPT)
    : undefined;
  const { done, open } = judgeCompletion(request, attempt);
  if (done) return;

  const memory = memoryOf(String(event.session_id ?? ''));
  const state = fingerprint(request);
  const before = memory.read();
  if (event.stop_hook_active === true && (before === undefined || before.state === state)) {
    return letGo(
      'The request is unfinished, and nothing was reported since the agent was sent back: it stops all the same.',
    );
  }
  const blocks = (before?.blocks ?? 0) + 1;
  if (blocks > MAX_BLOCKS) {
    return letGo(`The request is unfinished, and the agent was sent back ${MAX_BLOCKS} times: it stops all the same.`);
  }
  // What cannot be counted is not repeated: then `stop_hook_active` above is the bound.
  memory.write({ blocks, state });
  process.stdout.write(`${JSON.stringify({ decision: 'block', reason: reasonFor(open) })}\n`);
}

/** @param {readonly string[]} open */
function reasonFor(open) {
  return [
    'The request is not finished:',
    ...open.map((each) => `- ${each}`),
    'Go on with it and report each step with update_request_status.mjs, to the status completed. If you cannot, report blocked with a',
    'reason and a message, or failed with what was tried, and then stop.',
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
 * What an agent changes by reporting. The version would not do: the worker's figures move it too.
 *
 * @param {any} request
 */
function fingerprint({ status, current_phase, milestones, test_results, plan_document, pr_url }) {
  const text = JSON.stringify([status, current_phase, milestones, test_results, plan_document, pr_url]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * How often a session was sent back, and at what state of the request last.
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
        // See where it is called.
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
        ? `The service refused to say how the request is (${error.code})`
        : 'Something went wrong';
  letGo(`${why}: whether the request is finished was not checked here.`);
}
