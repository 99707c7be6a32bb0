/** The guard's output at session start, which shows that it is loaded and judges correctly. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decide } from './decide.mjs';

/** Increased with every change of what is allowed or denied. */
const GUARD_VERSION = 1;

/**
 * @param {import('./context.mjs').Context} context
 * @returns {{ denied?: string, output?: string }}
 */
export function selfTest(context) {
  const cwd = context.projectDir;
  const bad = decide({ tool: 'Bash', input: { command: 'cd . && rm -rf .git' }, cwd }, context);
  const good = decide(
    { tool: 'Bash', input: { command: 'git commit -m "no more rm -rf .git" && npm test' }, cwd },
    context,
  );
  if (bad.allow || bad.rule !== 'write-protected' || !good.allow)
    return { denied: 'The guard does not judge correctly.' };
  return {
    output: JSON.stringify({ suppressOutput: true, guard: 'automation-kit', version: GUARD_VERSION, sha256: digest() }),
  };
}

/** Hash of the running script: of one file if it is bundled, otherwise of all modules in this folder. */
function digest() {
  const file = fileURLToPath(import.meta.url);
  // Loaded only here: loading it takes longer than most decisions, and they do not need it.
  const { createHash } = /** @type {typeof import('node:crypto')} */ (createRequire(import.meta.url)('node:crypto'));
  const hash = createHash('sha256');
  for (const each of file.endsWith('self-test.mjs') ? modulesBelow(dirname(file)) : [file])
    hash.update(readFileSync(each));
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function modulesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? modulesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
