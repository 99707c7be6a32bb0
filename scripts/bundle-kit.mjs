/**
 * Bundles the scripts of `.claude/scripts` so that each is one file that needs Node and nothing else, for copies of the kit in places
 * without our node_modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/**
 * @param {string} root of this project
 * @param {string} out folder for the bundles; made when it is not there
 */
export async function bundleKit(root, out) {
  const scripts = join(root, '.claude/scripts');
  // Those that are run, and not only imported, say so in their first line.
  const entries = readdirSync(scripts)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(scripts, name))
    .filter((file) => readFileSync(file, 'utf8').startsWith('#!'));
  mkdirSync(out, { recursive: true });
  for (const entry of entries) {
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      outdir: out,
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      platform: 'node',
      target: 'node20',
      minify: true,
      legalComments: 'eof',
      charset: 'utf8',
      logLevel: 'warning',
    });
    const [file] = outputFiles;
    writeFileSync(join(out, basename(entry)), file.text + notices(root, Object.keys(metafile.inputs)), { mode: 0o755 });
  }
}

/**
 * The licences of what was bundled, as they ask for.
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
