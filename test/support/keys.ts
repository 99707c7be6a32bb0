import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueLocalToken } from '../../src/access/local-admin.ts';
import { Signer } from '../../src/infrastructure/security/signing.ts';
import type { Api } from './api.ts';
import type { Server } from './server.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/keys.js', import.meta.url));

export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run keys -- …` with this environment and nothing else. */
export function runKeys(words: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandRun> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 30_000 };
    execFile(process.execPath, [PROGRAM, ...words], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** A client that may do everything: it uses the server's secret, as the command line does on the server. */
export async function localAdmin({ api, dataDir }: Pick<Server, 'api' | 'dataDir'>): Promise<Api> {
  const secret = (await readFile(join(dataDir, 'secret'), 'utf8')).trim();
  return api.bearing(issueLocalToken(new Signer([secret]), Date.now()));
}

/** A client with a new key of this role. */
export async function withKey(
  server: Pick<Server, 'api' | 'dataDir'>,
  role: string,
  name = `a-${role}`,
): Promise<{ readonly api: Api; readonly key: string; readonly id: string }> {
  const admin = await localAdmin(server);
  const { status, body, text } = await admin.post('/keys', { name, role });
  if (status !== 201) throw new Error(`No key: ${status} ${text}`);
  return { api: server.api.bearing(body.key), key: body.key, id: body.id };
}
