/**
 * Bundles each executable script of `.claude/scripts` into one file that needs only Node, so that the kit can be copied to places without
 * our node_modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

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
