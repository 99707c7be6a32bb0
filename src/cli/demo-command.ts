/**
 * `npm run demo`: takes one request from the REST call to completion, on this machine only.
 *
 * Everything runs as in production: API, event log, read model, forwarder, worker, the kit's scripts. Two parts are stand-ins, and the demo
 * says so: an emulator for SQS and a script for Claude Code.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createAutomationClient } from '../client/automation-client.ts';
import { MILESTONES } from './demo-change.ts';
import { follow } from './demo-follow.ts';
import { Screen } from './demo-screen.ts';
import type { Stage } from './demo-stage.ts';
import { LEASE_SECONDS, setStage } from './demo-stage.ts';
import type { DemoEvent } from './demo-timeline.ts';

const USAGE = `Usage: npm run demo [-- options]

Takes one request from REST through queue, worker and agent to "completed", and shows what happens.

  --pause MS   pause between two steps of the stand-in agent, in ms (350)
  --crash      kill the worker in the middle of its run and watch another one take over
  --keep       keep everything running at the end, to look around, until Ctrl-C
  --help
`;

/** The example in the README. */
const REQUEST = {
  type: 'feature',
  title: 'Add rate limiting to public endpoints',
  description: 'Implement rate limiting for all /api/v1/public/* endpoints. Limit to 100 requests/minute per IP.',
  priority: 'high',
} as const;

const screen = new Screen(process.stdout);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interrupted.abort(new Error('interrupted'));
  });
}

async function demo(): Promise<number> {
  const { values } = parseArgs({
    options: {
      pause: { type: 'string' },
      keep: { type: 'boolean' },
      crash: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const pauseMs = Number(values.pause ?? 350);
  if (!Number.isInteger(pauseMs) || pauseMs < 0 || pauseMs > 60_000)
    throw new Error('--pause takes milliseconds, 0 to 60000.');

  const folder = await mkdtemp(join(tmpdir(), 'automation-demo-'));
  let keepFolder = false;
  let stage: Stage | null = null;
  try {
    screen.headline('One request, from REST to completed');
    screen.say(
      'Real: API, event log, read model, forwarder, worker, kit. Stand-ins: an emulator for SQS, a script for Claude Code.',
    );
    screen.gap();
    const begun = performance.now();
    stage = await setStage(
      {
        folder,
        pauseMs,
        onUp: (part, where) => {
          screen.up(part, where, performance.now() - begun);
        },
      },
      interrupted.signal,
    );
    const completed = await Promise.race([
      perform(stage, { keep: values.keep ?? false, crash: values.crash ?? false }),
      stage.broken,
    ]);
    if (values.keep && completed) await wait(stage);
    return completed ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) {
      screen.trouble('Interrupted.');
      return 130;
    }
    keepFolder = true;
    screen.trouble(error instanceof Error ? error.message : String(error));
    screen.say(`The logs are in ${folder}.`);
    return 1;
  } finally {
    await stage?.strike();
    if (!keepFolder) await rm(folder, { recursive: true, force: true });
    if (stage && !keepFolder) screen.say('Everything is stopped and cleaned up.');
  }
}

async function perform(stage: Stage, { keep, crash }: { keep: boolean; crash: boolean }): Promise<boolean> {
  const { apiUrl } = stage;
  const client = createAutomationClient({ url: apiUrl });
  screen.headline('POST /api/v1/automation/requests');
  const { data: request, error, response } = await client.POST('/api/v1/automation/requests', { body: REQUEST });
  if (!request) throw new Error(`The API answered ${response.status}: ${JSON.stringify(error)}`);
  screen.say(`201 Created  ${request.id}`);
  screen.say(`“${REQUEST.title}”`);

  screen.headline(`GET /api/v1/automation/requests/{id}/events, as it happens`);
  const onEvent = crash ? crashOnce(stage) : () => Promise.resolve();
  const { events, resource } = await follow(client, request.id, screen, onEvent, interrupted.signal);
  screen.headline('The result');
  screen.resource(resource);
  screen.durations(events);
  screen.history(events);
  screen.headline('Where to look next');
  screen.next(keep ? apiUrl : null, request.id);
  return resource.status === 'completed';
}

/** Kills the worker when its agent begins the second milestone, and starts another worker. */
function crashOnce(stage: Stage): (event: DemoEvent) => Promise<void> {
  let crashed = false;
  return async (event) => {
    if (crashed || event.type !== 'MilestoneStatusChanged' || event.data.id !== MILESTONES[1]?.id) return;
    crashed = true;
    await stage.killWorker('worker-1');
    screen.trouble('  kill -9 worker-1. Its agent dies with it, and nothing reports the end.');
    screen.say(`Its lease lasts ${LEASE_SECONDS} s. Until the lease expires, no other worker can claim the request.`);
    screen.gap();
    await stage.startWorker('worker-2');
    screen.gap();
  };
}

async function wait(stage: Stage): Promise<void> {
  screen.say('Everything is still running. Press Ctrl-C to stop it.');
  const ended = new Promise<never>((_, reject) => {
    interrupted.signal.addEventListener(
      'abort',
      () => {
        reject(new Error('interrupted'));
      },
      { once: true },
    );
  });
  await Promise.race([ended, stage.broken]).catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
  });
}

process.exitCode = await demo();
