/** `npm run demo`, as somebody sees it who tries the project out. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLines, processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

const PROGRAM = process.env.TEST_DEMO_PROGRAM ?? fileURLToPath(new URL('../../dist/cli/demo.js', import.meta.url));

const demos: Demo[] = [];

/** A demo with a folder for temporary files of its own, so that what it leaves can be seen. */
class Demo {
  readonly folder = mkdtempSync(join(tmpdir(), 'automation-demo-test-'));
  output = '';
  readonly exited: Promise<number | null>;
  readonly #child;

  constructor(...args: readonly string[]) {
    demos.push(this);
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
    // Were the demo to use any of these, it would fail: it is to keep away from what a machine has configured.
    const misleading = {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
      EVENTSTORE_CONNECTION_STRING: 'esdb://127.0.0.1:9',
      AWS_SQS_AUTOMATION_QUEUE_URL: 'http://127.0.0.1:9/queue',
      AUTOMATION_API_KEYS_FILE: '/nowhere',
      AUTOMATION_AGENT_COMMAND: '["/nowhere/agent"]',
      PORT: '9',
    };
    this.#child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH, HOME, NODE_COMPILE_CACHE, TMPDIR: this.folder, ...misleading },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async shows(text: string): Promise<void> {
    await until(`the demo shows ${text}`, () => this.output.includes(text), 100_000);
  }

  /** Its processes bear its folder in their environment; PostgreSQL, whose environment is empty, on its command line. */
  remains(): { processes: number; files: string[] } {
    const lines = commandLines().filter((line) => line.includes(this.folder));
    return { processes: processesWith(`TMPDIR=${this.folder}`).length + lines.length, files: readdirSync(this.folder) };
  }

  /** Ends what a failed test left running. */
  async dispose(): Promise<void> {
    this.#child.kill('SIGKILL');
    for (const pid of processesWith(`TMPDIR=${this.folder}`)) process.kill(pid, 'SIGKILL');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
  }
}

const NOTHING = { processes: 0, files: [] };

/** A whole demo, on a slow machine. */
const LIMIT_MS = 120_000;

describe('npm run demo', () => {
  afterEach(() => Promise.all(demos.splice(0).map((demo) => demo.dispose())));

  it(
    'takes a request from pending to completed, shows it, can be inspected, and cleans up',
    async () => {
      const demo = new Demo('--pause', '0', '--keep');
      await demo.shows('Press Ctrl-C');
      const [, url = ''] = /curl (http:\S+)/.exec(demo.output) ?? [];
      expect(await (await fetch(url)).json()).toMatchObject({ status: 'completed' });
      demo.signal('SIGINT');
      await demo.exited;
      const events = [
        'RequestSubmitted',
        'RequestClaimed',
        'PlanAttached',
        'MilestonesPlanned',
        'MilestoneStatusChanged',
        'ImplementationStarted',
        'TestingStarted',
        'TestResultsRecorded',
        'PullRequestOpened',
        'ReviewStarted',
        'RequestCompleted',
        'AttemptEnded',
      ];
      const places = events.map((type) => demo.output.indexOf(type));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      expect(demo.output).toContain('(sent to SQS)');
      expect(demo.output).toMatch(/tests +4 passed, 0 failed/);
      expect(demo.output).toContain('a script for Claude Code');
      expect(demo.output).toContain('npm run worker');
      expect(demo.output).not.toContain('\u001b');
      expect(demo.remains()).toEqual(NOTHING);
    },
    LIMIT_MS,
  );

  it(
    'shows one worker killed and another taking over',
    async () => {
      const demo = new Demo('--pause', '0', '--crash');
      expect({ code: await demo.exited, output: demo.output }).toMatchObject({ code: 0 });
      for (const shown of [
        'kill -9 worker-1',
        'AttemptLost',
        'RequestRequeued',
        'attempt 2 by worker-2',
        'continuing where',
      ]) {
        expect(demo.output).toContain(shown);
      }
      // The first milestone was done before, and is not done again.
      expect(demo.output.match(/limiter: completed/g)).toHaveLength(1);
      expect(demo.output).toMatch(/status +completed/);
      expect(demo.output).toContain('npm start');
      expect(demo.remains()).toEqual(NOTHING);
    },
    LIMIT_MS,
  );

  it(
    'cleans up when interrupted in the middle',
    async () => {
      const demo = new Demo('--pause', '300');
      await demo.shows('ImplementationStarted');
      expect(demo.remains().processes).toBeGreaterThan(3);
      demo.signal('SIGINT');
      expect(await demo.exited).toBe(130);
      expect(demo.output).toContain('Interrupted');
      expect(demo.remains()).toEqual(NOTHING);
    },
    LIMIT_MS,
  );

  it(
    'cleans up when interrupted at its start',
    async () => {
      const demo = new Demo();
      await demo.shows('up  SQS');
      demo.signal('SIGTERM');
      expect(await demo.exited).toBe(130);
      await until('nothing is left', () => demo.remains().processes === 0);
      expect(demo.remains()).toEqual(NOTHING);
    },
    LIMIT_MS,
  );

  it(
    'leaves no process when killed',
    async () => {
      const demo = new Demo('--pause', '300');
      await demo.shows('ImplementationStarted');
      demo.signal('SIGKILL');
      await demo.exited;
      await until('all of its processes notice', () => demo.remains().processes === 0, 30_000);
    },
    LIMIT_MS,
  );

  it(
    'says what went wrong, and where the logs are',
    async () => {
      const demo = new Demo('--pause', 'x');
      expect(await demo.exited).not.toBe(0);
      expect(demo.output).toContain('--pause takes milliseconds');
    },
    LIMIT_MS,
  );
});
