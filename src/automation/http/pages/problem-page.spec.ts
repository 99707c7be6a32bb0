import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { problemPage } from './problem-page.ts';

/** The sections of the page as rendered. */
const SECTIONS = [
  ...problemPage().matchAll(
    /<section id="(.+?)"><h2><code>(.+?)<\/code><\/h2><p>(\d{3})\. (.+?)\.<\/p><p>(.+?)<\/p><\/section>/g,
  ),
].map(([, id, code, status, title, remedy = '']) => ({ id, code, status, title, remedy }));

const textOf = (html: string): string => html.replace(/<\/?code>/g, '`');

/** The problem codes used in the examples of the OpenAPI document. */
function documentedCodes(): string[] {
  const document = readFileSync('docs/openapi.json', 'utf8');
  return [...new Set([...document.matchAll(/\/docs\/problems#([a-z-]+)"/g)].map(([, code = '']) => code))];
}

describe('the problems page', () => {
  it('has a section for each problem in the OpenAPI document, at the anchor its type names', () => {
    const codes = documentedCodes();
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !SECTIONS.some((it) => it.id === code && it.code === code))).toEqual([]);
  });

  it('shows what docs/problems.md says, with its code as code', () => {
    const written = readFileSync('docs/problems.md', 'utf8');
    const rows = [...written.matchAll(/^\| `([a-z-]+)`\s*\| (\d{3})\s*\| (.+?)\s*\| (.+?)\s*\|$/gm)];
    expect(SECTIONS.map(({ code, status, title, remedy }) => [code, status, title, textOf(remedy)])).toEqual(
      rows.map(([, ...cells]) => cells),
    );
  });

  it('escapes everything that looks like markup', () => {
    for (const { remedy, title } of SECTIONS) expect(title + remedy.replace(/<\/?code>/g, '')).not.toMatch(/[<>]/);
  });
});
