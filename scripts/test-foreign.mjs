// Has Go's golang.org/x/mod/sumdb check a checkpoint, an inclusion proof and a consistency proof of the service. Skipped, with one line, where Go
// or the package is not installed: Debian has them as golang-go and golang-golang-x-mod-dev.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GOPATH = '/usr/share/gocode';
const ROOT = join(import.meta.dirname, '..');
const GO_LIMIT_MS = 120_000;

if (spawnSync('go', ['version']).status !== 0 || !existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'))) {
  console.log(
    'Skipped: the proof was not checked with Go, since golang-go or golang-golang-x-mod-dev is not installed.',
  );
  process.exit(0);
}

execFileSync('npm', ['run', '--silent', 'build', '--', '--if-stale'], { cwd: ROOT, stdio: 'inherit' });
const { readConfig } = await import(join(ROOT, 'dist/config.js'));
const { createLogger } = await import(join(ROOT, 'dist/infrastructure/observability/logger.js'));
const { startService } = await import(join(ROOT, 'dist/service.js'));

const folder = await mkdtemp(join(tmpdir(), 'automation-foreign-'));
let failed = 0;
try {
  const program = join(folder, 'check');
  execFileSync('go', ['build', '-o', program, join(ROOT, 'test/foreign/check.go')], {
    env: { ...process.env, GOPATH, GO111MODULE: 'off', GOCACHE: join(folder, 'cache') },
    timeout: GO_LIMIT_MS,
    stdio: 'inherit',
  });
  const service = await startService(readConfig({ PORT: '0', DATA_DIR: join(folder, 'data') }), createLogger('error'));
  let files;
  try {
    files = await takeFiles(service.url);
  } finally {
    await service.stop();
  }
  const paths = Object.keys(files).map((name) => join(folder, name));
  const check = async (what, given) => {
    for (const [name, text] of Object.entries(given)) await writeFile(join(folder, name), text);
    const { status, stdout } = spawnSync(program, paths, { encoding: 'utf8', timeout: GO_LIMIT_MS });
    console.log(`${what}: ${stdout.trim()}`);
    return status === 0;
  };
  if (!(await check('As it is', files))) failed += 1;
  const altered = {
    'With another entry': { entry: files.entry.replace('"revision":0', '"revision":1') },
    'With another root': { newer: files.newer.replace(/\n(\w)/g, (_, c) => `\n${c === '1' ? '2' : '1'}`) },
    'With another older tree': { older: files.newer },
    'With another key': { keys: files.keys.replace('+', 'x+') },
  };
  for (const [what, change] of Object.entries(altered)) {
    if (await check(what, { ...files, ...change })) failed += 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(failed === 0 ? 'Go agrees.' : 'Go does not agree.');
process.exitCode = failed === 0 ? 0 : 1;

/** What an auditor would fetch, by the name of the file, in the order that the program takes. */
async function takeFiles(url) {
  const base = `${url}/api/v1/automation`;
  const call = async (path, body) => {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(base + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const submit = async () =>
    (await call('/requests', { type: 'feature', title: 'A title', description: 'A description' })).json();
  const { id } = await submit();
  await submit();
  const older = await (await call('/proof/checkpoint', {})).text();
  for (let i = 0; i < 5; i += 1) await submit();
  const newer = await (await call('/proof/checkpoint', {})).text();
  const keys = await (await call('/proof/keys')).text();
  const { events, proofs } = await (await call(`/requests/${id}/audit-bundle`)).json();
  const [{ stream, revision, id: eventId, metadata }] = events;
  const entry = JSON.stringify({ hash: metadata.hash, id: eventId, revision, stream });
  const [from, to] = [older, newer].map((note) => note.split('\n')[1]);
  const { hashes } = await (await call(`/proof/consistency?from=${from}&to=${to}`)).json();
  return { keys, older, newer, proof: proofs[0], entry, consistency: `${hashes.join('\n')}\n` };
}
