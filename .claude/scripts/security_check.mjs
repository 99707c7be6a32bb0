#!/usr/bin/env node
/**
 * The guard: Claude Code asks it before every tool call (hook PreToolUse, matcher "*"), and once at the start of a session whether it
 * works (hook SessionStart). It is a rail against mistakes and against what an agent reads and believes, and not a wall: see docs/guard.md.
 *
 * It fails closed. Claude Code lets a call pass when a hook ends in any other way than these two, so every way out of here is one of
 * them: nothing and exit status 0, or a denial as JSON, the reason on standard error and exit status 2.
 */

import { isUtf8 } from 'node:buffer';
import { read } from 'node:fs';
import { Script } from 'node:vm';

/** For reading the call, and again for judging it; the hook's own time-out, after which the call would run, should be longer. */
const DEADLINE_MS = 3_000;
/** Far above what a tool call is, and far below what memory holds. */
const MAX_INPUT_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

const FAILED = 'The guard could not check this call, so it is not run. Try it in a simpler form.';

/** @param {string} reason */
function refuse(reason) {
  const answer = {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: reason },
  };
  process.exitCode = 2;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.stderr.write(`${reason}\n`);
}

/**
 * Standard input to its end. Not by `process.stdin`, whose stream takes a third of the guard's time to be made.
 *
 * @returns {Promise<string>}
 */
async function readInput() {
  const chunks = [];
  for (let bytes = 0; ;) {
    const chunk = await readSome();
    if (chunk === undefined) continue;
    if (chunk.length === 0) break;
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES) throw new Error('too long');
    chunks.push(chunk);
  }
  const input = Buffer.concat(chunks);
  if (!isUtf8(input)) throw new Error('not UTF-8');
  return input.toString();
}

/** @returns {Promise<Buffer | undefined>} empty at the end; undefined when there is nothing yet, on an input that does not wait */
function readSome() {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    read(0, buffer, 0, CHUNK_BYTES, null, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => resolve(undefined), 2);
      else if (error && error.code !== 'EOF') reject(error);
      else resolve(buffer.subarray(0, count));
    });
  });
}

/**
 * Runs `judge`, and breaks it off when it takes too long: a call can be made to measure for that.
 *
 * @template T
 * @param {() => T} judge
 * @returns {T}
 */
function withDeadline(judge) {
  Object.defineProperty(globalThis, 'judgeToolCall', { value: judge });
  return new Script('judgeToolCall()').runInThisContext({ timeout: DEADLINE_MS });
}

/** Ends this process, which would wait for its unfinished read before an ordinary exit. */
function leave() {
  try {
    process.execve?.('/bin/sh', ['sh', '-c', 'exit 2'], {});
  } catch {
    // There is no such shell here.
  }
  process.kill(process.pid, 'SIGKILL');
}

async function main() {
  const late = setTimeout(() => {
    refuse(FAILED);
    leave();
  }, DEADLINE_MS);
  const text = await readInput().finally(() => clearTimeout(late));
  // Loaded here, so that a guard that is not whole denies as well.
  const { answer } = await import('./guard/answer.mjs');
  const { denied, output } = withDeadline(() => answer(text, process.env));
  if (denied !== undefined) refuse(denied);
  else if (output !== undefined) process.stdout.write(`${output}\n`);
}

process.on('uncaughtException', () => {
  process.exit(2);
});

try {
  await main();
} catch {
  refuse(FAILED);
}
