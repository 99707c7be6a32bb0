import { secretValues } from '../programs/output-tail.ts';
import { splitRemote } from './remote.ts';
import { runCommand } from '../programs/run-command.ts';

/** What the command is told, in its environment and in place of `{branch}` and `{id}`. */
export interface Publication {
  readonly requestId: string;
  readonly branch: string;
  /** Of the pull request, where one was opened before. */
  readonly knownUrl: string | null;
  readonly apiUrl: string;
}

const LIMIT_MS = 120_000;
const URL_FORM = /https:\/\/[^\s"'<>]{1,1990}/g;

/**
 * Runs the command that opens a pull request for a branch that was pushed, with the worker's own environment. The last https address
 * it prints is the pull request's. After a crash it is run once more, so it has to cope with a pull request that is there.
 *
 * @throws Error with the end of what it said, when it fails or prints no address
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
  if (url === undefined || !URL.canParse(url)) throw new Error('The publish command printed no https address.');
  return splitRemote(url).url;
}
