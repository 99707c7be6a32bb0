/**
 * The git configuration of the worker. The user's own configuration is not used, because settings for manual work (filters, line
 * endings, hooks, signatures, hidden refs) would change what is taken over and pushed. Only transport and credential settings are
 * copied from it.
 */
import { join } from 'node:path';
import { ConfigError } from '../../configuration/variables.ts';
import { replaceFile } from '../../infrastructure/replace-file.ts';
import type { Credentials } from './remote.ts';
import { mirrorName, originOf, splitRemote } from './remote.ts';
import { runCommand } from '../programs/run-command.ts';

export interface GitSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Values to redact from git's output. */
  readonly secrets: readonly string[];
  /** The repository's URL after applying the user's `insteadOf`, without credentials. */
  readonly url: string;
  /** Applies the user's `insteadOf` to another URL and removes credentials. */
  readonly rewrite: (url: string) => string;
}

type Setting = readonly [name: string, value: string | null];

const TAKEN =
  /^(?:credential\..*|http\..*|core\.(?:sshcommand|gitproxy|askpass)|ssh\.variant|safe\.directory|url\..*\.(?:pushinsteadof|insteadof))$/;

/** First git version that supports `GIT_CONFIG_GLOBAL`. */
const OLDEST_GIT = [2, 32] as const;

/**
 * Writes the worker's git configuration.
 *
 * @param options.folder folder for the configuration file, which only its owner can read
 * @throws ConfigError when git is missing or too old, or the user's configuration cannot be read
 */
export async function openGitSettings(options: {
  readonly folder: string;
  readonly url: string;
  readonly credentials: Credentials | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<GitSettings> {
  const environment = withoutGit(options.environment);
  await requireGit(environment);
  const settings = await usersSettings({ ...environment, ...configVariables(options.environment) });
  const isRewrite = ([name]: Setting): boolean => name.startsWith('url.');
  const rewrite = rewriter(settings.filter(isRewrite));
  const remote = splitRemote(rewrite(options.url));
  const credentials = remote.credentials ?? options.credentials;
  const file = join(options.folder, `${mirrorName(remote.url)}config`);
  const own = credentials === null ? [] : credentialSettings(originOf(remote.url), credentials);
  await replaceFile(file, [...settings.filter((it) => !isRewrite(it)), ...own].map(written).join(''));
  return {
    environment: {
      ...environment,
      GIT_CONFIG_GLOBAL: file,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_DEFAULT_REF_FORMAT: 'files',
      ...(credentials === null ? {} : credentialVariables(originOf(remote.url), credentials)),
    },
    secrets: [credentials?.username, credentials?.password].filter((it) => typeof it === 'string'),
    url: remote.url,
    rewrite: (url) => splitRemote(rewrite(url)).url,
  };
}

/** The worker's environment without git variables other than those for transport. Git never prompts. */
function withoutGit(environment: Readonly<Record<string, string | undefined>>) {
  const kept = Object.entries(environment).filter(([name]) => !/^GIT_(?!SSH|ASKPASS|HTTP|PROXY|SSL)/.test(name));
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}

/** The variables that select or hold the user's git configuration. */
function configVariables(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('GIT_CONFIG')));
}

async function requireGit(env: GitSettings['environment']): Promise<void> {
  const { code, stdout, complaint } = await runCommand('git', ['version'], { cwd: '/', env, limitMs: 30_000 });
  if (code !== 0) throw new ConfigError([`AUTOMATION_REPOSITORY requires git, which could not be run: ${complaint}`]);
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
  const [least, leastMinor] = OLDEST_GIT;
  if (major < least || (major === least && minor < leastMinor))
    throw new ConfigError([
      `AUTOMATION_REPOSITORY requires git ${OLDEST_GIT.join('.')} or newer; found ${stdout.trim()}.`,
    ]);
}

async function usersSettings(env: GitSettings['environment']): Promise<readonly Setting[]> {
  const args = ['config', '--list', '-z', '--show-scope'];
  const { code, stdout, cut, complaint } = await runCommand('git', args, { cwd: '/', env, limitMs: 30_000 });
  if (code !== 0 || cut)
    throw new ConfigError([`git cannot read this user's configuration: ${cut ? 'it is too large' : complaint}`]);
  const fields = stdout.split('\0');
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope, entry = ''] = fields.slice(at, at + 2);
    const end = entry.indexOf('\n');
    const setting: Setting = end < 0 ? [entry, null] : [entry.slice(0, end), entry.slice(end + 1)];
    if (scope !== 'local' && scope !== 'worktree' && TAKEN.test(setting[0])) settings.push(setting);
  }
  return settings;
}

/**
 * Rewrites URLs as git does: the longest prefix wins. `pushInsteadOf` takes precedence over `insteadOf`, because the worker fetches and
 * pushes with one URL.
 */
function rewriter(settings: readonly Setting[]): (url: string) => string {
  const rules = settings.flatMap(([name, prefix]) => {
    const [, base = '', kind] = /^url\.(.*)\.(pushinsteadof|insteadof)$/s.exec(name) ?? [];
    return prefix ? [{ base, prefix, kind }] : [];
  });
  return (url) => {
    const fitting = rules.filter(({ prefix }) => url.startsWith(prefix));
    const forPushing = fitting.filter(({ kind }) => kind === 'pushinsteadof');
    const [best] = (forPushing.length > 0 ? forPushing : fitting).sort((a, b) => b.prefix.length - a.prefix.length);
    return best ? `${best.base}${url.slice(best.prefix.length)}` : url;
  };
}

const USERNAME = 'AUTOMATION_GIT_USERNAME';
const PASSWORD = 'AUTOMATION_GIT_PASSWORD';

/** Credential helper that reads from git's environment, so that no file and no command line contains the credentials. */
const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${USERNAME}" "$${PASSWORD}"; }; f`;

/** Credential settings for one host. Without a password, the user's own helpers are asked first. */
function credentialSettings(origin: string, { password }: Credentials): readonly Setting[] {
  const name = `credential.${origin}.helper`;
  return password === null
    ? [[name, HELPER]]
    : [
        [name, ''],
        [name, HELPER],
      ];
}

/** A user name without a password is one whose password those helpers know, or a token. */
function credentialVariables(origin: string, { username, password }: Credentials): Record<string, string> {
  return {
    [USERNAME]: username,
    [PASSWORD]: password ?? '',
    ...(password === null
      ? {
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: `credential.${origin}.username`,
          GIT_CONFIG_VALUE_0: username,
        }
      : {}),
  };
}

/** Formats a setting in the syntax of git configuration files. */
function written([name, value]: Setting): string {
  const [, section = '', , subsection, key = ''] = /^([^.]+)(\.(.*))?\.([^.]+)$/s.exec(name) ?? [];
  const head = subsection === undefined ? section : `${section} "${subsection.replace(/["\\]/g, '\\$&')}"`;
  if (value === null) return `[${head}]\n\t${key}\n`;
  const text = value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `[${head}]\n\t${key} = "${text}"\n`;
}
