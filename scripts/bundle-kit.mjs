/**
 * Bundles each executable script of `.claude/scripts` into one file that needs only Node, so that the kit can be copied to places without
 * our node_modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** The client that the kit shares with service and worker, in a file of its own, so that `.claude` works when copied. */
export const CLIENT = '.claude/scripts/automation-client.mjs';
const CLIENT_SOURCE = `
export { createAutomationClient, NoAnswer, NotTheService } from './src/client/automation-client.ts';
export { backoffMs } from './src/infrastructure/backoff.ts';
`;

const OPTIONS = /** @type {const} */ ({
  bundle: true,
  write: false,
  metafile: true,
  outdir: 'out',
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  charset: 'utf8',
  logLevel: 'warning',
});

/**
 * The text of {@link CLIENT}, which is generated and committed, as the types in `src/client/schema.ts` are.
 *
 * @param {string} root of this project
 */
export async function bundleClient(root) {
  const stdin = { contents: CLIENT_SOURCE, resolveDir: root, loader: /** @type {const} */ ('ts') };
  const { outputFiles, metafile } = await build({ ...OPTIONS, absWorkingDir: root, stdin });
  const head = '/* Generated from src/client/automation-client.ts by scripts/openapi.mjs. Do not edit. */\n';
  return head + outputFiles[0].text + notices(root, Object.keys(metafile.inputs));
}

/**
 * @param {string} root of this project
 * @param {string} out folder for the bundles; created if missing
 */
export async function bundleKit(root, out) {
  const scripts = join(root, '.claude/scripts');
  // Executable scripts start with a shebang; the others are only imported.
  const entries = readdirSync(scripts)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(scripts, name))
    .filter((file) => readFileSync(file, 'utf8').startsWith('#!'));
  mkdirSync(out, { recursive: true });
  for (const entry of entries) {
    const { outputFiles, metafile } = await build({
      ...OPTIONS,
      absWorkingDir: root,
      entryPoints: [entry],
      minify: true,
      legalComments: 'eof',
    });
    const [file] = outputFiles;
    writeFileSync(join(out, basename(entry)), file.text + notices(root, Object.keys(metafile.inputs)), { mode: 0o755 });
  }
}

/**
 * The licence texts of bundled packages, which must accompany copies.
 *
 * @param {string} root
 * @param {readonly string[]} inputs
 */
function notices(root, inputs) {
  const packages = new Set(
    inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean),
  );
  return [...packages]
    .map((name) => {
      const folder = join(root, 'node_modules', name);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const text = readFileSync(join(folder, 'LICENSE'), 'utf8').trim().replaceAll('*/', '* /');
      return `/*!\nContains ${name} ${version}, ${license}:\n\n${text}\n*/\n`;
    })
    .join('');
}
