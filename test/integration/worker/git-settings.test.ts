/** What the worker's git takes from the settings of its user, and what it does not; and where credentials are seen. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWorkerConfig } from '../../../src/worker/config.ts';
import type { Clone } from '../../../src/worker/repository/clone.ts';
import { Mirror } from '../../../src/worker/repository/mirror.ts';
import { GitServer } from '../../support/git-server.ts';
import { commandLines } from '../../support/processes.ts';
import { cloneOf, takeOverFrom } from '../../support/mirror.ts';
import { commit, Remote } from '../../support/repository.ts';

let remote: Remote;
let state: string;
let home: string;
const servers: GitServer[] = [];

beforeEach(() => {
  remote = new Remote();
  state = mkdtempSync(join(tmpdir(), 'automation-mirror-'));
  home = mkdtempSync(join(tmpdir(), 'automation-home-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  remote.dispose();
  for (const folder of [state, home]) rmSync(folder, { recursive: true, force: true });
});

/** With the settings of a user, as a file in their home. */
function open(url: string, settings = '', variables: Readonly<Record<string, string>> = {}): Promise<Mirror> {
  writeFileSync(join(home, '.gitconfig'), settings);
  const environment = { PATH: process.env.PATH, HOME: home, ...variables };
  const { repository, repositoryCredentials: credentials } = readWorkerConfig([], { AUTOMATION_REPOSITORY: url }) ?? {};
  return Mirror.open(state, repository ?? '', null, { environment, credentials: credentials ?? null });
}

const ROBOT = { username: 'robot', password: 'correct-horse' };

async function serve(user: { readonly username: string; readonly password: string } = ROBOT): Promise<GitServer> {
  const server = await GitServer.start(remote.folder, user);
  servers.push(server);
  return server;
}

/** That what is committed in a clone can be taken over and pushed. */
async function expectPushed(mirror: Mirror, work: Clone): Promise<void> {
  const at = commit(work.dir, 'one.txt');
  await takeOverFrom(mirror, work);
  await mirror.inMirror(['push', '--quiet', mirror.url, `${at}:refs/heads/pushed`]);
  expect(remote.branch('pushed')?.commit).toBe(at);
}

describe("a user's git settings", () => {
  it('do not affect checkouts: no filters, line ends, templates', async () => {
    writeFileSync(join(remote.seed, '.gitattributes'), '*.bin filter=lfs\n');
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    writeFileSync(join(remote.seed, 'a.bin'), pointer);
    remote.grow('text.txt', 'one\ntwo\n');
    mkdirSync(join(home, '.config/git'), { recursive: true });
    writeFileSync(join(home, '.config/git/attributes'), '*.txt text eol=crlf\n');
    const trap = join(home, 'trap');
    mkdirSync(join(home, 'hooks'));
    writeFileSync(join(home, 'hooks/post-checkout'), `#!/bin/sh\ntouch ${trap}\n`);
    chmodSync(join(home, 'hooks/post-checkout'), 0o755);
    const mirror = await open(
      remote.url,
      `[filter "lfs"]\n\tsmudge = touch ${trap}; false\n\tprocess = touch ${trap}; false\n\trequired = true\n` +
        `[core]\n\tautocrlf = true\n\thooksPath = ${join(home, 'hooks')}\n[init]\n\ttemplateDir = ${home}\n`,
    );
    const { dir } = await cloneOf(mirror);
    expect(readFileSync(join(dir, 'text.txt'), 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(join(dir, 'a.bin'), 'utf8')).toBe(pointer);
    expect(existsSync(trap)).toBe(false);
  });

  it('do not affect what is taken over and pushed: no hidden refs, no signatures, no checks', async () => {
    const mirror = await open(
      remote.url,
      '[transfer]\n\thideRefs = refs/heads\n\thideRefs = refs/taken\n\tfsckObjects = true\n[push]\n\tgpgSign = true\n\tfollowTags = true\n' +
        '[commit]\n\tgpgSign = true\n[fetch]\n\tprune = false\n\tnegotiationAlgorithm = noop\n[remote]\n\tpushDefault = nowhere\n',
    );
    await expectPushed(mirror, await cloneOf(mirror));
  });

  it('that cannot be read are reported at the start', async () => {
    await expect(open(remote.url, '[core\n')).rejects.toThrow(/bad config line 1/);
  });

  it('apply to a repository on this machine: its own hooks run', async () => {
    const hook = join(remote.url, 'hooks/pre-receive');
    mkdirSync(join(remote.url, 'hooks'), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "not today" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const mirror = await open(remote.url);
    const { start } = await cloneOf(mirror);
    const push = mirror.inMirror(['push', '--quiet', mirror.url, `${start}:refs/heads/pushed`]);
    await expect(push).rejects.toThrow('not today');
  });
});

describe('a repository URL', () => {
  it("is rewritten by the user's settings, without the credentials they contain", async () => {
    const server = await serve();
    const [protocol, host] = server.url.split('//');
    const mirror = await open(
      'https://git.example/acme/remote.git',
      `[url "${protocol}//robot:correct-horse@${host}/"]\n\tinsteadOf = https://git.example/acme/\n`,
    );
    expect(mirror.url).toBe(`${server.url}/remote.git`);
    await cloneOf(mirror);
  });

  const secret = randomUUID();
  it.each([
    [
      'user and password',
      (url: string) => url.replace('//', `//robot:${secret.replaceAll('-', '%2D')}@`),
      'robot',
      secret,
    ],
    ['a token as its user', (url: string) => url.replace('//', `//${secret}@`), secret, ''],
  ])('with %s is authorised, and does not expose them', async (_, withCredentials, username, password) => {
    const server = await serve({ username, password });
    const seen: string[] = [];
    server.onRequest = () => seen.push(...commandLines());
    const url = `${server.url}/remote.git`;
    const mirror = await open(withCredentials(url));
    await expectPushed(mirror, await cloneOf(mirror));
    expect(mirror.url).toBe(url);
    expect(seen.some((line) => line.includes('remote-http'))).toBe(true);
    expect(seen.filter((line) => line.includes(secret))).toEqual([]);
    expect(grep(state, secret)).toEqual([]);
  });

  it('with the wrong password fails without showing it', async () => {
    const server = await serve();
    const mirror = await open(`${server.url.replace('//', '//robot:battery-staple@')}/remote.git`);
    const trouble = await cloneOf(mirror).catch((error: unknown) => String(error));
    expect(trouble).toMatch(/Authentication failed/);
    expect(trouble).not.toContain('battery-staple');
  });

  it("without credentials uses the user's credential helpers, whose settings are copied for the worker alone", async () => {
    const server = await serve();
    const helper = `!f() { echo username=robot; echo password=correct-horse; }; f`;
    const mirror = await open(
      `${server.url}/remote.git`,
      `[credential "${server.url}"]\n\thelper = "${helper}"\n[http]\n\textraHeader = "X-Test: \\"quoted\\" \\\\ # ; tab\\t"\n`,
    );
    await cloneOf(mirror);
    expect(server.headers['x-test']).toBe('"quoted" \\ # ; tab');
    const [file = ''] = grep(state, 'X-Test');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('uses the settings that a variable names, and a header from the environment', async () => {
    const server = await serve();
    const basic = Buffer.from('robot:correct-horse').toString('base64');
    const mirror = await open(`${server.url}/remote.git`, '', {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${server.url}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
      GIT_DIR: '/nowhere',
    });
    expect((await cloneOf(mirror)).start).toBe(remote.main);
  });
});

/** The files below a folder that hold a text. */
function grep(folder: string, text: string): string[] {
  try {
    return execFileSync('grep', ['-rlF', '--', text, folder], { encoding: 'utf8' }).trim().split('\n');
  } catch {
    return [];
  }
}
