/**
 * Writes the OpenAPI document of the built service to docs/openapi.json, the client types generated from it to src/client/schema.ts, and the
 * client bundled for the kit to .claude/scripts/automation-client.mjs.
 *
 *   node scripts/openapi.mjs          run it after every change of a route, body, response or of the client; tests compare all three files
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundleClient, CLIENT } from './bundle-kit.mjs';
import { clientTypes, documentText } from './openapi-files.ts';

const root = join(import.meta.dirname, '..');
const START_LIMIT_MS = 60_000;

/** Waits until the service listens and returns its URL. */
async function address(service) {
  for await (const line of createInterface({ input: service.stdout })) {
    if (!line.startsWith('{')) continue;
    const { msg, url } = JSON.parse(line);
    if (msg === 'listening') return url;
  }
  throw new Error('The service did not start.');
}

const folder = mkdtempSync(join(tmpdir(), 'automation-openapi-'));
const service = spawn(process.execPath, [join(root, 'dist/main.js')], {
  env: { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: join(folder, 'data'), PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(service, 'exit');
const tooLate = setTimeout(() => service.kill('SIGKILL'), START_LIMIT_MS);
try {
  const answer = await fetch(`${await address(service)}/openapi.json`, { signal: AbortSignal.timeout(10_000) });
  const document = await answer.json();
  writeFileSync(join(root, 'docs/openapi.json'), documentText(document));
  writeFileSync(join(root, 'src/client/schema.ts'), await clientTypes(document));
  writeFileSync(join(root, CLIENT), await bundleClient(root));
} finally {
  clearTimeout(tooLate);
  service.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
}
