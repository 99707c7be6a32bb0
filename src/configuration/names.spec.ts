import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { misspeltVariables, unknownVariables } from './names.ts';

const root = join(import.meta.dirname, '../..');

describe('a variable of ours', () => {
  it('is suggested for a misspelt one', () => {
    const meant = (name: string) => misspeltVariables({ [name]: 'x' })[0]?.match(/Did you mean (\w+)\?/)?.[1];
    expect(meant('AUTOMATION_FOUR_EYE')).toBe('AUTOMATION_FOUR_EYES');
    expect(meant('AUTOMATION_FOUREYES')).toBe('AUTOMATION_FOUR_EYES');
    expect(meant('AUTOMATION_OWN_ONYL')).toBe('AUTOMATION_OWN_ONLY');
    expect(meant('AUTOMATION_REQUIRES_APPROVALS')).toBe('AUTOMATION_REQUIRE_APPROVAL');
    expect(meant('AUTOMATION_API_KEYFILE')).toBe('AUTOMATION_API_KEY_FILE');
    expect(meant('automation_four_eyes')).toBe('AUTOMATION_FOUR_EYES');
    expect(meant('AWS_SQS_AUTOMATION_QUEUE_URLS')).toBe('AWS_SQS_AUTOMATION_QUEUE_URL');
    expect(meant('AUTOMATION_FOUR')).toBeUndefined();
  });

  it.each(['AUTOMATION_FOUR_EYES', 'AUTOMATION_API_KEY_FILE', 'AUTOMATION_API_KEYS_FILE', 'AUTOMATION_RUN_ID'])(
    'is known: %s',
    (name) => {
      expect(misspeltVariables({ [name]: 'x' })).toEqual([]);
      expect(unknownVariables({ [name]: 'x' })).toEqual([]);
    },
  );

  it('unlike any known one is reported as unknown; empty and foreign ones are ignored', () => {
    const environment = {
      AUTOMATION_COLOUR: 'red',
      AUTOMATION_FOUR_EYE: ' ',
      AUTOMATION_SHAPE: '',
      DATABASE_URLS: 'x',
    };
    expect(unknownVariables(environment)).toEqual(['AUTOMATION_COLOUR']);
    expect(misspeltVariables(environment)).toEqual([]);
  });

  it('is listed wherever code or docs mention it', () => {
    const files = globSync(['src/**/*.ts', '.claude/**/*.{mjs,ts,md}', 'docs/*.md', '.env.example', 'README.md'], {
      cwd: root,
    });
    expect(files.length).toBeGreaterThan(100);
    const names = files
      .filter((file) => !file.endsWith('.spec.ts'))
      .flatMap(
        (file) =>
          readFileSync(join(root, file), 'utf8').match(/(?<![A-Z_])AUTOMATION_[A-Z]+(?:_[A-Z]+)*(?![A-Z_])/g) ?? [],
      );
    expect(unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
    expect(misspeltVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });
});
