import { execFile } from 'node:child_process';
import { delimiter, sep } from 'node:path';
import { promisify } from 'node:util';

/** What the scripts of the kit are built for. */
const OLDEST_MAJOR = 20;
const LIMIT_MS = 10_000;

/**
 * What is wrong with a Node that is to run the scripts, in words; null when it runs and is new enough. A hook whose Node does not run
 * blocks every tool call.
 *
 * @param node a name, looked for in the PATH as whoever runs Claude Code has it, or an absolute path
 */
export async function nodeTrouble(node: string, environment: NodeJS.ProcessEnv): Promise<string | null> {
  const PATH = withoutOwn(environment.PATH ?? '');
  let said: string;
  try {
    const { stdout } = await promisify(execFile)(node, ['--version'], { env: { PATH }, timeout: LIMIT_MS, cwd: sep });
    said = stdout.trim();
  } catch (error) {
    return `${node} cannot be run here (${causeOf(error)})`;
  }
  const major = Number(/^v(\d+)\.\d+\.\d+/.exec(said)?.[1] ?? NaN);
  if (Number.isNaN(major)) return `${node} is no Node: it says ${JSON.stringify(said.slice(0, 100))} of its version`;
  return major < OLDEST_MAJOR ? `${node} is Node ${said}, and the scripts need ${OLDEST_MAJOR} or newer` : null;
}

/** The system's code, or the exit status. */
function causeOf(error: unknown): string {
  const { code } = error as { code?: string | number | null };
  return code === undefined || code === null ? 'it gave no answer' : String(code);
}

/** npm puts programs of this project before all others; nobody else has them. */
function withoutOwn(path: string): string {
  const isOwn = (folder: string) => folder.endsWith(`node_modules${sep}.bin`) || folder.endsWith('node-gyp-bin');
  return path
    .split(delimiter)
    .filter((folder) => !isOwn(folder))
    .join(delimiter);
}
