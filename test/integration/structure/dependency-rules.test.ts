import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = resolve('.');

/** For each rule imports that break it: the first file is to blame. `type` marks one that is gone once compiled. */
const VIOLATIONS: Readonly<Record<string, readonly (readonly [from: string, to: string, type?: 'type'])[]>> = {
  'the-kernel-knows-no-stream-of-ours': [['src/event-sourcing/a.ts', 'src/automation/events/b.ts']],
  'domain-stands-alone': [
    ['src/automation/domain/a.ts', 'src/event-sourcing/b.ts'],
    ['src/automation/domain/c.ts', 'src/automation/events/b.ts'],
  ],
  'events-know-domain-and-kernel': [['src/automation/events/a.ts', 'src/infrastructure/postgres/b.ts']],
  'access-knows-no-automation': [['src/access/a.ts', 'src/automation/events/b.ts']],
  'proof-knows-no-automation': [['src/proof/a.ts', 'src/automation/domain/b.ts']],
  'commands-know-domain-and-event-store': [['src/automation/commands/a.ts', 'src/infrastructure/postgres/b.ts']],
  'projections-and-queries-never-decide': [['src/automation/queries/a.ts', 'src/automation/commands/b.ts']],
  'http-knows-no-adapters': [['src/automation/http/a.ts', 'src/infrastructure/postgres/b.ts']],
  'infrastructure-is-generic': [['src/infrastructure/postgres/a.ts', 'src/automation/domain/b.ts']],
  'one-client-library-one-place': [['src/infrastructure/event-store/thread/a.ts', '@eventstore/db-client']],
  'configuration-knows-neither-service-nor-worker': [['src/configuration/a.ts', 'src/worker/b.ts']],
  'worker-is-a-client': [['src/worker/a.ts', 'src/automation/commands/b.ts']],
  'client-stands-alone': [['src/client/a.ts', 'src/automation/domain/b.ts']],
  'the-kit-stands-alone': [['src/agent-kit/a.ts', 'src/worker/b.ts']],
  'the-package-knows-nothing-of-us': [['packages/embedded-eventstoredb/src/a.ts', 'src/automation/domain/b.ts']],
  'no-circles': [
    ['src/cli/one.ts', 'src/cli/other.ts'],
    ['src/cli/other.ts', 'src/cli/one.ts'],
  ],
  // No file imports itself by way of others, and still neither folder can be understood without the other.
  'no-circles-of-folders': [
    ['src/access/keys/a.ts', 'src/access/oidc/b.ts', 'type'],
    ['src/access/oidc/a.ts', 'src/access/keys/b.ts', 'type'],
  ],
};

/** Imports that look like those above, and are allowed. */
const ALLOWED = [
  ['src/automation/http/fine.ts', 'src/automation/domain/b.ts'],
  ['src/infrastructure/event-store/thread/eventstoredb-fine.ts', '@eventstore/db-client'],
  ['src/cli/fine.ts', 'src/cli/one.ts'],
] as const;

let folder: string;
let broken: readonly string[];

/** A small tree with the project's rules, in which every rule is broken once, is looked at. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-rules-'));
  await cp(join(root, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
  const tsconfig = { compilerOptions: { allowImportingTsExtensions: true, noEmit: true } };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const imports = [...Object.values(VIOLATIONS).flat(), ...ALLOWED];
  const targets = imports.map(([, to]) => to).filter((to) => !to.startsWith('@'));
  for (const file of targets) await write(file, 'export const wanted = 1;\n');
  for (const [from, to, type] of imports) {
    const path = to.startsWith('@') ? to : `./${relative(dirname(from), to)}`.replace('./..', '..');
    await write(
      from,
      `import ${type ?? ''} { wanted } from '${path}';\nexport ${type ? 'type Taken = typeof' : 'const taken ='} wanted;\n`,
    );
  }
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'packages'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  broken = summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), content);
}

describe('the import rules', () => {
  it('are each violated here', async () => {
    const { default: config } = (await import(join(root, '.dependency-cruiser.mjs'))) as {
      default: { forbidden: { name: string }[] };
    };
    expect(Object.keys(VIOLATIONS).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });

  it.each(Object.entries(VIOLATIONS))('%s turns red', (rule, [first]) => {
    const [from] = first!;
    expect(broken).toContain(`${rule}: ${rule.endsWith('folders') ? dirname(from) : from}`);
  });

  it('accept what is allowed', () => {
    expect(broken.filter((it) => it.includes('fine.ts'))).toEqual([]);
  });
});
