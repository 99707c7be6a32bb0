import { execFile } from 'node:child_process';
import { delimiter, sep } from 'node:path';
import { promisify } from 'node:util';

/** The minimum version that the kit's scripts are built for. */
const OLDEST_MAJOR = 20;
const LIMIT_MS = 10_000;

/**
 * Checks that a Node executable can run the kit's scripts. Returns null if it runs and is new enough, otherwise what is wrong. A hook whose
 * Node does not run would block every tool call.
 *
 * @param node an absolute path, or a name looked up in the PATH without this project's own folders
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
  if (Number.isNaN(major)) return `${node} is not Node: its --version prints ${JSON.stringify(said.slice(0, 100))}`;
  return major < OLDEST_MAJOR ? `${node} is Node ${said}, but the scripts need ${OLDEST_MAJOR} or newer` : null;
}

/** The system's error code, or the exit status. */
function causeOf(error: unknown): string {
  const { code } = error as { code?: string | number | null };
  return code === undefined || code === null ? 'no answer' : String(code);
}

/** Removes the folders that npm prepends to the PATH: the user's shell does not have them. */
function withoutOwn(path: string): string {
  const isOwn = (folder: string) => folder.endsWith(`node_modules${sep}.bin`) || folder.endsWith('node-gyp-bin');
  return path
    .split(delimiter)
    .filter((folder) => !isOwn(folder))
    .join(delimiter);
}
