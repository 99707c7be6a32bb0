import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KIT } from './kit.ts';

export interface ToolCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly cwd: string;
}
export type Decision = { readonly allow: true } | { readonly allow: false; readonly rule: string };
export interface GuardContext {
  readonly tempDirs: readonly string[];
}
type Environment = Readonly<Record<string, string>>;

interface GuardModules {
  decide: (call: ToolCall, context: GuardContext) => Decision;
  contextOf: (env: Environment, cwd: string) => GuardContext;
  answer: (text: string, env: Environment) => { denied?: string; output?: string };
  RULES: Readonly<Record<string, string>>;
}

/** Loads modules of the kit, which are JavaScript with types in comments. Importing by URL saves the tests the types. */
export async function loadGuard(): Promise<GuardModules> {
  const modules = await Promise.all(
    ['decide', 'context', 'answer', 'rules'].map(
      (name) => import(`${KIT}/scripts/guard/${name}.mjs`) as Promise<object>,
    ),
  );
  return Object.assign({}, ...modules) as GuardModules;
}

/** Runs a hook as Claude Code does: as a process that gets an event on standard input. */
export async function runHook(
  script: string,
  input: string | Uint8Array | null,
  env: Environment,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  // Null leaves standard input open, like a caller that forgets to close it.
  if (input !== null) child.stdin.end(input);
  const [code] = await once(child, 'close');
  child.stdin.destroy();
  return { code: code as number | null, stdout, stderr };
}
