/** How the service starts, refuses to start, and stops. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { processesWith } from '../support/processes.ts';
import { prepareDataDir, PROGRAM, runServer, Server } from '../support/server.ts';
import { TestSchema } from '../support/schema.ts';
import { until } from '../support/until.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-start-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Each run has one value of each variable. */
const BAD: Readonly<Record<string, readonly string[]>> = {
  HOST: ['0.0.0.0', '192.168.0.7', 'example.com', '::'],
  PORT: ['65536', '-1', '80a', '1e3'],
  EVENTSTORE_CONNECTION_STRING: [
    'http://localhost:2113',
    'localhost:2113',
    'esdb://a:b#c@h:2113',
    'kurrentdb://h:port',
  ],
  EVENTSTORE_STREAM_CATEGORY: ['with-dash', '$all', 'a b'],
  DATABASE_URL: ['mysql://localhost/x', 'localhost', 'postgres://me:pa#ss@localhost/x', 'postgres://h/x?sslmode=on'],
  DATABASE_SCHEMA: ['a; drop schema b', 'a"b'],
  AWS_SQS_AUTOMATION_QUEUE_URL: ['automation', 'sqs://automation', 'https://sqs.eu-central-1.amazonaws.com'],
  AUTOMATION_FOUR_EYE: ['true'],
  AUTOMATION_OWN_ONYL: ['true'],
  AUTOMATION_API_KEYS_FILE: ['/etc/keys', 'keys'],
  AUTOMATION_MAX_ATTEMPTS: ['0', 'three', '-1', '1.5'],
  AUTOMATION_REQUIRE_APPROVAL: ['yes', 'TRUE', '1'],
  LOG_LEVEL: ['loud', 'INFO'],
};

describe('an invalid configuration', () => {
  it.each([0, 1, 2, 3])(
    'ends the start with status 2, a line for each variable and nothing created, %#',
    async (run) => {
      const dataDir = join(folder, 'never');
      const bad = Object.fromEntries(
        Object.entries(BAD).map(([name, values]) => [name, values[run % values.length] ?? '']),
      );
      const { code, stdout, stderr } = await runServer({ DATA_DIR: dataDir, ...bad });
      expect(code).toBe(2);
      const lines = stderr.trim().split('\n');
      const names = Object.keys(BAD);
      // In any order, and each by its name.
      expect(lines.map((line) => names.find((name) => line.includes(`${name} `))).sort()).toEqual(names.sort());
      expect(stdout).not.toContain('listening');
      await expect(stat(dataDir)).rejects.toThrow('ENOENT');
    },
  );

  it.each(['HOST', 'AUTOMATION_API_KEYS_FILE'])('ends the start with status 2 for %s alone', async (name) => {
    const { code, stderr } = await runServer({ DATA_DIR: join(folder, 'never'), [name]: BAD[name]?.[0] ?? '' });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(name)]);
  });

  it('is refused without quoting its secrets', async () => {
    const { code, stdout, stderr } = await runServer({
      DATABASE_URL: 'mysql://me:canary-password@localhost/x',
      EVENTSTORE_CONNECTION_STRING: 'tcp://admin:canary-password@localhost',
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('canary-password');
  });
});

describe('a missing prerequisite', () => {
  const schema = new TestSchema();
  afterAll(() => schema.drop());

  it.each<[string, () => Promise<Record<string, string>>, string]>([
    ['a data folder that is a file', async () => ({ DATA_DIR: await fileIn(folder) }), 'DATA_DIR'],
    ['a data folder below a file', async () => ({ DATA_DIR: join(await fileIn(folder), 'data') }), 'DATA_DIR'],
    [
      'a secret file that is missing',
      async () => ({ AUTOMATION_SECRET_FILE: join(folder, 'missing') }),
      'AUTOMATION_SECRET_FILE',
    ],
    [
      'a secret file that is empty',
      async () => ({ AUTOMATION_SECRET_FILE: await fileIn(folder, '\n\n') }),
      'AUTOMATION_SECRET_FILE',
    ],
    [
      'an address that is not of this machine',
      async () => ({ HOST: '203.0.113.7', ...(await oneKey(folder)) }),
      'HOST',
    ],
    ['a queue in no region', async () => ({ AWS_SQS_AUTOMATION_QUEUE_URL: 'http://127.0.0.1:9/0/q' }), 'AWS_REGION'],
    [
      'an option that the event store does not know the values of',
      async () => ({ EVENTSTORE_CONNECTION_STRING: 'esdb://me:canary-password@127.0.0.1:9?tls=maybe' }),
      'EVENTSTORE_CONNECTION_STRING',
    ],
  ])('ends it with status 2 and one line: %s', async (_, prepare, name) => {
    const env = await prepare();
    const { code, stdout, stderr } = await runServer({ DATA_DIR: join(folder, 'tried'), ...schema.env, ...env });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(name)]);
    expect(stdout + stderr).not.toMatch(/^\s+at |"stack"/m);
    expect(stdout + stderr).not.toContain('canary-password');
    expect(stdout).not.toContain('listening');
  });
});

describe('one server', () => {
  let server: Server;
  /** Of others that are started beside it. */
  const schema = new TestSchema();
  beforeAll(async () => {
    // There is nothing in it: this is a first start, with all that it makes.
    server = await Server.start({ DATA_DIR: join(folder, 'one') });
  });
  afterAll(async () => {
    await server.dispose();
    await schema.drop();
  });

  it('ends another one on its port with one line', async () => {
    const { port } = new URL(server.url);
    const { code, stdout, stderr } = await runServer({
      DATA_DIR: join(folder, 'other'),
      ...schema.env,
      PORT: port,
    });
    expect(code).toBeGreaterThan(0);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`PORT ${port} is taken`)]);
    expect(stdout).not.toContain('"stack"');
    expect(await server.api.get('/health')).toMatchObject({ status: 200 });
  });

  it('says in one line at its start that there is no queue', () => {
    const lines = server.log.filter(({ msg }) => /no queue/.test(msg));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'info' });
  });

  it('tells people where it listens and what to try, and programs nothing but its log', async () => {
    // With a terminal, which `script` makes.
    const own = { DATA_DIR: join(folder, 'terminal'), ...schema.env, PORT: '0' };
    const env = { PATH: process.env.PATH ?? '', HOME: folder, ...own };
    const child = spawn('script', ['-qefc', `exec ${process.execPath} ${PROGRAM}`, '/dev/null'], { env });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'exit');
    try {
      await until('it says so', () => said.includes(`/docs`) && said.includes(`${BASE}/requests`), 30_000);
      expect(said).toContain('curl -X POST http://127.0.0.1:');
    } finally {
      // The terminal goes away with it, and the service with that.
      child.kill('SIGTERM');
      await ended;
    }
    expect(server.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  });

  it('names unknown variables', async () => {
    await server.stop();
    await server.startAgain({ AUTOMATION_COLOUR: 'canary-red', NODE_V8_COVERAGE: coverage() });
    const said = server.log.filter(({ msg }) => msg.includes('AUTOMATION_COLOUR'));
    expect(said).toMatchObject([{ level: 'warn' }]);
    expect(server.output).not.toContain('canary-red');
  });

  it('keeps a second one off its data, with one clear line', async () => {
    const begun = performance.now();
    const { code, stdout, stderr } = await runServer({ DATA_DIR: server.dataDir });
    expect(code).toBeGreaterThan(0);
    expect(code).not.toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(server.dataDir);
    expect(stderr).toContain(String(server.pid));
    expect(stdout).not.toContain('listening');
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await server.api.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('keeps its secret private', async () => {
    expect((await stat(join(server.dataDir, 'secret'))).mode & 0o777).toBe(0o600);
    expect((await stat(server.dataDir)).mode & 0o077).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops on %s, and has everything after the next start',
    async (signal) => {
      const { id } = await server.api.submit({ title: signal });
      const claimed = await server.api.post(`/requests/${id}/attempts`, { worker: 'w' });
      const before = await server.api.request(id);
      const { next_cursor } = (await server.api.get('/requests?limit=1')).body;
      const stopping = performance.now();
      const { code } = await server.stop(signal);
      expect(code).toBe(0);
      expect(performance.now() - stopping).toBeLessThan(10_000);
      await server.startAgain({ NODE_V8_COVERAGE: '' });
      expect(await server.api.request(id)).toEqual(before);
      const listed = await server.api.get(`/requests?q=${signal}`);
      expect(listed).toMatchObject({ status: 200, body: { items: [before] } });
      // Tokens and cursors are still good.
      const agent = server.api.bearing(claimed.body.agent_token);
      expect(await agent.patch(`/requests/${id}`, { current_phase: 'after' })).toMatchObject({ status: 200 });
      if (next_cursor)
        expect(await server.api.get(`/requests?limit=1&cursor=${next_cursor}`)).toMatchObject({ status: 200 });
    },
  );

  it('loads few files and no unused library', async () => {
    const [main = [], thread = []] = await filesLoaded(coverage());
    expect(main.length).toBeLessThan(10);
    expect(thread.length).toBeLessThan(45);
    const libraries = await Promise.all([...main, ...thread].map(librariesIn));
    expect(libraries.flat()).toEqual(expect.arrayContaining(['@nestjs/core', 'pg']));
    expect(libraries.flat().filter((name) => UNUSED.test(name))).toEqual([]);
  });

  it('uses under 100 MB of memory when idle', () => {
    const anonymous = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1];
    expect(Number(anonymous) / 1_000).toBeLessThan(100);
  });

  it('refuses cursors and tokens after its secret was replaced', async () => {
    await server.api.submit();
    await server.api.submit();
    const { next_cursor } = (await server.api.get('/requests?limit=1')).body;
    const { id } = await server.api.submit();
    const { body } = await server.api.post(`/requests/${id}/attempts`, { worker: 'w' });
    const old = (await readFile(join(server.dataDir, 'secret'), 'utf8')).trim();
    await server.stop();
    await server.startAgain({ AUTOMATION_SECRET_FILE: await fileIn(folder, 'another secret of some length\n') });
    expect(server.log.filter(({ msg }) => /AUTOMATION_SECRET_FILE: every user .* chmod 600/.test(msg))).toHaveLength(1);
    expect(await server.api.get(`/requests?limit=1&cursor=${next_cursor}`)).toMatchObject({ status: 400 });
    expect(await server.api.bearing(body.agent_token).get(`/requests/${id}`)).toMatchObject({ status: 401 });
    // With the old one as the second line it verifies again.
    await server.stop();
    const both = await fileIn(folder, `another secret of some length\n${old}\n`);
    await server.startAgain({ AUTOMATION_SECRET_FILE: both });
    expect(await server.api.get(`/requests?limit=1&cursor=${next_cursor}`)).toMatchObject({ status: 200 });
    expect(await server.api.bearing(body.agent_token).get(`/requests/${id}`)).toMatchObject({ status: 200 });
  });
});

describe('npm start', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'ends with everything it started when npm gets %s',
    async (signal) => {
      const dataDir = await prepareDataDir(join(folder, `npm-${signal}`));
      const env = { PATH: process.env.PATH ?? '', HOME: folder, DATA_DIR: dataDir, PORT: '0' };
      // Without the script before it, which builds: what is there is built.
      const npm = spawn('npm', ['start', '--ignore-scripts'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      let output = '';
      npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      const ofServer = () => processesWith(`DATA_DIR=${dataDir}`);
      try {
        await until('it listens', () => output.includes('"msg":"listening"'), 60_000);
        expect(ofServer().length).toBeGreaterThan(0);
        npm.kill(signal);
        await until('nothing is left', () => ofServer().length === 0, 15_000);
      } finally {
        npm.kill('SIGKILL');
        // Only if the test failed.
        for (const pid of ofServer()) process.kill(pid, 'SIGKILL');
      }
      expect(output).toContain('"msg":"stopped"');
    },
    90_000,
  );
});

/** Keys, so that an address which is not loopback can be asked for. */
async function oneKey(folder: string): Promise<Record<string, string>> {
  const keys = [{ name: 'ops', role: 'admin', sha256: '0'.repeat(64) }];
  return { AUTOMATION_API_KEYS_FILE: await fileIn(folder, JSON.stringify({ keys })) };
}

/** Libraries for a queue, for an identity provider, for a node elsewhere, for migrations, and for the documentation's page. */
const UNUSED = /^(@aws-sdk|@smithy|jose|@eventstore|@grpc|node-pg-migrate|js-yaml)/;

/** Where a service writes which files it loaded. */
function coverage(): string {
  return join(folder, 'coverage');
}

/** Paths of the files that each thread of the first run has loaded, the main thread first. */
async function filesLoaded(into: string): Promise<string[][]> {
  const reports = await readdir(into);
  // coverage-PID-TIME-THREAD.json
  const threads = reports.sort((one, other) => (one.split('-')[3] ?? '').localeCompare(other.split('-')[3] ?? ''));
  return Promise.all(
    threads.map(async (name) => {
      const { result } = JSON.parse(await readFile(join(into, name), 'utf8')) as { result: { url: string }[] };
      return result.flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
    }),
  );
}

/** The libraries whose code is in a file: its own, and those that were bundled into it. */
async function librariesIn(file: string): Promise<string[]> {
  const paths = [file, ...((await readFile(file, 'utf8')).match(/^\/\/ node_modules\/.*$/gm) ?? [])];
  return [...new Set(paths.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))];
}

/** A file of its own with this content. */
async function fileIn(folder: string, content = 'x'): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'file-')), 'file');
  await writeFile(file, content);
  return file;
}
