import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const KIT = fileURLToPath(new URL('../../.claude', import.meta.url));

export interface ScriptExit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** Runs one of the kit's scripts as an agent's shell would, without the environment of the tests. */
export async function runScript(
  name: 'fetch_request.mjs' | 'update_request_status.mjs',
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<ScriptExit> {
  const begun = performance.now();
  const child = spawn(process.execPath, [`${KIT}/scripts/${name}`, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr, tookMs: performance.now() - begun };
}
