import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SealedFiles } from './sealed-files.ts';

let dir: string;
let sealed: SealedFiles;
const GUARD = 'kit/scripts/guard.mjs';

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'automation-sealed-test-'));
  const files = [
    { path: GUARD, content: 'process.exit(2)\n' },
    { path: 'kit/commands/project/do.md', content: 'Do it.\n' },
    { path: 'settings.json', content: '{}\n' },
  ];
  sealed = await SealedFiles.write(dir, files, ['kit/scripts', 'kit/commands']);
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('sealed files', () => {
  it('are unchanged, whatever lies beside them in open folders', async () => {
    writeFileSync(join(dir, 'notes.txt'), '');
    mkdirSync(join(dir, 'kit/projects'));
    expect(await sealed.changed()).toBeNull();
  });

  it.each<[string, string, (file: string) => void]>([
    ['longer', GUARD, (file) => writeFileSync(file, 'process.exit(0)\nprocess.exit(2)\n')],
    ['other words of the same length', GUARD, (file) => writeFileSync(file, 'process.exit(0)\n')],
    ['gone', GUARD, (file) => rmSync(file)],
    ['a folder', GUARD, (file) => (rmSync(file), mkdirSync(file))],
    [
      'a link to the same words',
      GUARD,
      (file) => (renameSync(file, join(dir, 'copy')), symlinkSync(join(dir, 'copy'), file)),
    ],
    ['an endless device', 'settings.json', (file) => (rmSync(file), symlinkSync('/dev/zero', file))],
    ['a pipe that nobody writes to', 'settings.json', (file) => (rmSync(file), execFileSync('mkfifo', [file]))],
  ])('are noticed to be %s', async (_, path, change) => {
    chmodSync(join(dir, path), 0o644);
    change(join(dir, path));
    expect(await sealed.changed()).toBe(path);
  });

  it('have nothing beside them in closed folders', async () => {
    writeFileSync(join(dir, 'kit/commands/project/other.md'), '');
    expect(await sealed.changed()).toBe('kit/commands/project/other.md');
    rmSync(join(dir, 'kit/commands/project/other.md'));
    mkdirSync(join(dir, 'kit/scripts/deeper'));
    expect(await sealed.changed()).toBe('kit/scripts/deeper');
  });
});
