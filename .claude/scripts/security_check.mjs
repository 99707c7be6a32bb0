#!/usr/bin/env node
/**
 * The guard. Claude Code runs it before every tool call (hook PreToolUse, matcher "*"), and once at session start as a self-test (hook
 * SessionStart). It protects against mistakes and against what an agent reads and believes; it is not a sandbox. See docs/guard.md.
 *
 * It fails closed. Claude Code allows a call unless the hook clearly denies it, so every path through this file ends in one of two ways:
 * no output and exit status 0, or a denial as JSON, its reason on standard error, and exit status 2.
 */

import { isUtf8 } from 'node:buffer';
import { read } from 'node:fs';
import { Script } from 'node:vm';

/** Limit for reading the call, and again for judging it. The hook's own timeout, after which the call would run, must be longer. */
const DEADLINE_MS = 3_000;
/** Far larger than any tool call, far smaller than memory. */
const MAX_INPUT_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

const FAILED = 'The guard could not check this call, so it was not run. Try a simpler form.';

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
 * Reads standard input to its end. `process.stdin` is not used: creating its stream takes a third of the guard's run time.
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

/** @returns {Promise<Buffer | undefined>} empty at the end; undefined if a non-blocking input has no data yet */
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
 * Runs `judge` and aborts it if it takes too long: a tool call can be crafted to be slow to judge.
 *
 * @template T
 * @param {() => T} judge
 * @returns {T}
 */
function withDeadline(judge) {
  Object.defineProperty(globalThis, 'judgeToolCall', { value: judge });
  return new Script('judgeToolCall()').runInThisContext({ timeout: DEADLINE_MS });
}

/** Ends the process at once. An ordinary exit would wait for the unfinished read. */
function leave() {
  try {
    process.execve?.('/bin/sh', ['sh', '-c', 'exit 2'], {});
  } catch {
    // This system has no such shell.
  }
  process.kill(process.pid, 'SIGKILL');
}

async function main() {
  const late = setTimeout(() => {
    refuse(FAILED);
    leave();
  }, DEADLINE_MS);
  const text = await readInput().finally(() => clearTimeout(late));
  // Imported here, so that an incomplete guard denies as well.
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
