import { secretValues } from '../programs/output-tail.ts';
import { splitRemote } from './remote.ts';
import { runCommand } from '../programs/run-command.ts';

/** Values passed to the command in its environment; `{branch}` and `{id}` in its arguments are replaced too. */
export interface Publication {
  readonly requestId: string;
  readonly branch: string;
  /** URL of a pull request opened earlier; null when there is none. */
  readonly knownUrl: string | null;
  readonly apiUrl: string;
}

const LIMIT_MS = 120_000;
const URL_FORM = /https:\/\/[^\s"'<>]{1,1990}/g;

/**
 * Runs the command that opens a pull request for a pushed branch, with the worker's environment. The last https URL it prints is the
 * pull request's. After a crash it runs again, so it must handle an existing pull request.
 *
 * @throws Error with the end of its output when it fails, takes longer than 120 s, or prints no URL
 */
export async function openPullRequest(
  command: readonly string[],
  publication: Publication,
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const [program = '', ...args] = command.map((word) =>
    word.replaceAll('{branch}', publication.branch).replaceAll('{id}', publication.requestId),
  );
  const end = await runCommand(program, args, {
    cwd: options.cwd,
    env: {
      ...options.env,
      AUTOMATION_API_URL: publication.apiUrl,
      AUTOMATION_REQUEST_ID: publication.requestId,
      AUTOMATION_BRANCH: publication.branch,
      AUTOMATION_PR_URL: publication.knownUrl ?? '',
    },
    limitMs: LIMIT_MS,
    secrets: secretValues(options.env),
    signal: options.signal,
  });
  if (end.code !== 0) throw new Error(`The publish command failed: ${end.complaint}`);
  const url = end.stdout.match(URL_FORM)?.at(-1);
  if (url === undefined || !URL.canParse(url)) throw new Error('The publish command printed no https URL.');
  return splitRemote(url).url;
}
