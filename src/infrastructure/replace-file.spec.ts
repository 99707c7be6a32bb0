import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replaceFile } from './replace-file.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automation-replace-'));
  file = join(folder, 'file');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('replaceFile', () => {
  it('creates a file that only its owner can read, and leaves no draft', async () => {
    await replaceFile(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('gives a replaced file the permissions asked for', async () => {
    writeFileSync(file, 'old', { mode: 0o644 });
    await replaceFile(file, 'new', { mode: 0o700 });
    expect(statSync(file).mode & 0o777).toBe(0o700);
  });

  it('never shows part of a file to a reader', async () => {
    const texts = ['a'.repeat(2_000_000), 'b'.repeat(1_000_000)];
    await replaceFile(file, 'a'.repeat(2_000_000));
    const seen = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      let isWritten = false;
      const writing = replaceFile(file, texts[round % 2] ?? '').then(() => (isWritten = true));
      while (!isWritten) seen.add(await readFile(file, 'utf8'));
      await writing;
    }
    expect([...seen].filter((text) => !texts.includes(text))).toEqual([]);
  });

  it('overwrites the draft of a process that was killed', async () => {
    writeFileSync(`${file}.${process.pid}.draft`, 'a longer text than the new one');
    await replaceFile(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('keeps the old content if the new one cannot be written', async () => {
    writeFileSync(file, 'old');
    await expect(replaceFile(file, 'new', { owner: { uid: -5, gid: -5 } })).rejects.toThrow();
    expect(readFileSync(file, 'utf8')).toBe('old');
  });
});
