/**
 * Stands in for Claude Code in the demo. Its changes are prepared, but it runs like a real agent: the worker starts it, its environment
 * holds its request's id and a token for it, and it reaches the service only through the kit's scripts. It really runs the tests it reports.
 *
 *     node demo-agent.js <request id> <kit folder> <pause in ms>
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MILESTONES, PLAN } from './demo-change.ts';

const run = promisify(execFile);
const [requestId = '', kit = '', pauseText = '0'] = process.argv.slice(2);
const pauseMs = Number(pauseText);

/** Runs one of the kit's scripts, as the agent's shell would. */
async function script(name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(kit, 'scripts', name), ...args]);
  return stdout;
}

/** A pause, so that people can follow. */
async function think(): Promise<void> {
  await delay(pauseMs);
}

async function tell(...args: readonly string[]): Promise<void> {
  await think();
  process.stdout.write(await script('update_request_status.mjs', ...args));
}

async function file(name: string, content: string): Promise<string> {
  await writeFile(name, content);
  return name;
}

/** Runs the tests in the work tree and returns their results. */
async function runTests(): Promise<{
  passed: number;
  failed: number;
  skipped: number;
  duration_ms: number;
  summary: string;
}> {
  const begun = performance.now();
  const args = ['--test', '--test-reporter=tap', 'work/*.test.mjs'];
  // With a failing test the exit status is not 0, but the output still has the counts.
  const { stdout } = await run(process.execPath, args).catch((error: unknown) => error as { stdout: string });
  const count = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  return {
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skipped'),
    duration_ms: Math.round(performance.now() - begun),
    summary: 'node --test, the whole suite',
  };
}

interface Known {
  readonly plan_document: string | null;
  readonly milestones: readonly { readonly id: string; readonly status: string }[];
}

const known = JSON.parse(await script('fetch_request.mjs')) as Known;
process.stdout.write(`Working on ${requestId}.\n`);
await mkdir('work', { recursive: true });

if (known.plan_document === null) {
  const planned = MILESTONES.map(({ id, title }) => ({ id, title, status: 'pending' }));
  await tell('planning', '--phase', 'reading the request');
  await tell(
    ...['planning', '--phase', 'plan written'],
    ...['--plan', await file('plan.md', PLAN), '--milestones', await file('milestones.json', JSON.stringify(planned))],
  );
} else {
  await tell('planning', '--phase', 'continuing where the previous attempt stopped');
}

for (const [index, { id, title, files }] of MILESTONES.entries()) {
  if (known.milestones.find((it) => it.id === id)?.status === 'completed') continue;
  const phase = `milestone ${index + 1} of ${MILESTONES.length}: ${title}`;
  await tell('implementing', '--phase', phase, '--milestone', `${id}=in_progress`);
  await think();
  for (const [name, content] of Object.entries(files)) await file(join('work', name), content);
  await tell('implementing', '--milestone', `${id}=completed`);
}

await tell('testing', '--phase', 'running the whole suite');
const results = await runTests();
await tell('--test-results', await file('results.json', JSON.stringify(results)));
await tell('reviewing', '--phase', 'reviewing the change', '--pr-url', 'https://example.com/acme/shop/pull/42');
await tell('completed', '--phase', 'done');
