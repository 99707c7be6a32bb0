import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const root = resolve('.');
const run = promisify(execFile);

/** For each rule a file that breaks it, and what that file imports. */
const VIOLATIONS: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'domain-and-events-stand-alone': ['src/automation/domain/a.ts', 'src/infrastructure/postgres/database.ts'],
  'commands-know-domain-and-event-store': ['src/automation/commands/a.ts', 'src/infrastructure/postgres/database.ts'],
  'projections-and-queries-never-decide': ['src/automation/queries/a.ts', 'src/automation/commands/b.ts'],
  'http-knows-no-events-and-no-adapters': ['src/automation/http/a.ts', 'src/infrastructure/postgres/database.ts'],
  'infrastructure-is-generic': ['src/infrastructure/postgres/a.ts', 'src/automation/domain/b.ts'],
  'worker-is-a-client': ['src/worker/a.ts', 'src/automation/commands/b.ts'],
  'client-stands-alone': ['src/client/a.ts', 'src/automation/domain/b.ts'],
  'the-kit-stands-alone': ['src/agent-kit/a.ts', 'src/worker/b.ts'],
  'the-package-knows-nothing-of-us': ['packages/embedded-eventstoredb/src/a.ts', 'src/automation/domain/b.ts'],
};

let folder: string;

/** A small tree with the project's rules, in which every rule is broken once. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-rules-'));
  await cp(join(root, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
  await writeFile(
    join(folder, 'tsconfig.json'),
    '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}',
  );
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [from, to] of Object.values(VIOLATIONS)) {
    for (const file of [to, from]) await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, to), 'export const wanted = 1;\n');
  }
  for (const [from, to] of Object.values(VIOLATIONS)) {
    const up = '../'.repeat(from.split('/').length - 1);
    await writeFile(join(folder, from), `import { wanted } from '${up}${to}';\nexport const taken = wanted;\n`);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it('each rule about imports turns red when it is broken', async () => {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const { stdout } = await run(
    process.execPath,
    [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'packages'],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: { stdout: string }) => error);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  const broken = summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
  expect(broken).toEqual(
    expect.arrayContaining(Object.entries(VIOLATIONS).map(([rule, [from]]) => `${rule}: ${from}`)),
  );
});
