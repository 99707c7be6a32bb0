/** Kinds of values that only the worker's variables hold. */
import { hostname } from 'node:os';
import { existingPath, matching, namesMatching, oneOf } from '../configuration/kinds.ts';
import type { Kind } from '../configuration/variables.ts';
import { redact } from './programs/output-tail.ts';
import type { Remote } from './repository/remote.ts';
import { splitRemote } from './repository/remote.ts';

/** Format of the agent's output: Claude Code's messages, one JSON object per line, or plain text, of which only the end is kept. */
export type AgentOutput = 'stream-json' | 'text';
export const AGENT_OUTPUT: Kind<AgentOutput> = oneOf('stream-json', 'text');

export const CI_PATHS = oneOf('hold', 'allow');

export const WORKER_NAME = matching(
  /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/,
  'at most 100 letters, digits, dots, dashes and underscores, and not start with a dot or dash',
);

export function defaultName(): string {
  return WORKER_NAME.parse(hostname()) ?? 'worker';
}

export const VARIABLE_NAMES = namesMatching(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'names of variables');

/** Tool names, or rules such as `Bash(npm test:*)`. */
export const TOOL_NAMES = namesMatching(/^[A-Za-z_]\w*(\([^()]+\))?$/, 'names of tools');

export const COMMAND: Kind<readonly string[]> = {
  wanted: 'a JSON array of strings such as ["claude","-p","/process-request {id}"], with {id} in arguments only',
  // JSON may contain line breaks.
  checksControls: true,
  parse: commandLine,
};

function commandLine(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (!value.every((item): item is string => typeof item === 'string' && !item.includes('\0'))) return undefined;
  const [program = ''] = value;
  // An argument that starts with {id} is never mistaken for an option, because ids start with a digit or letter.
  return program === '' || program.includes('{id}') ? undefined : value;
}

/** A program's name, to be found in PATH, or its path. */
export const PROGRAM: Kind<string> = {
  wanted: 'the name or path of a program',
  parse: (text) => (text.startsWith('-') ? undefined : text.includes('/') ? existingPath(text) : text),
};

/** A model's alias or full name, as accepted by the CLI. */
export const MODEL = matching(/^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/, 'the name of a model');

/** An amount in US dollars. */
export const AMOUNT: Kind<number> = {
  wanted: 'an amount such as 2.50, above 0',
  parse: (text) => {
    const value = /^\d{1,6}(\.\d{1,4})?$/.test(text) ? Number(text) : NaN;
    return value > 0 ? value : undefined;
  },
};

export const PAUSE_SCALE: Kind<number> = {
  wanted: 'a number from 0.001 to 10',
  parse: (text) => {
    const value = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    return value >= 0.001 && value <= 10 ? value : undefined;
  },
};

/** A git URL, `host:path`, or an existing folder. */
export const REPOSITORY: Kind<Remote> = {
  wanted: 'a git URL without ? or # (and without an ssh password), host:path, or an existing folder',
  parse: repositoryPlace,
};

/** A repository given on the command line. Rejects passwords and tokens, because every user of the machine can read command lines. */
export const SHOWN_REPOSITORY: Kind<Remote> = {
  wanted: `${REPOSITORY.wanted}; pass one with a password or token by the variable, since every user of the machine can read a command line`,
  parse: (text) => {
    const place = repositoryPlace(text);
    const { username = '', password = null } = place?.credentials ?? {};
    return password === null && username.length < 20 && redact(username, []) === username ? place : undefined;
  },
};

function repositoryPlace(text: string): Remote | undefined {
  if (text.startsWith('-') || text.includes('::') || /\s/.test(text)) return undefined;
  if (text.includes('://')) return isUrl(text) ? splitRemote(text) : undefined;
  const place = /^[^/:]+:/.test(text) ? text : existingPath(text);
  return place === undefined ? undefined : { url: place, credentials: null };
}

/** Rejects `?` and `#`, because git would pass what follows them on its own command lines. */
function isUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, password, search, hash } = new URL(text);
  if (protocol === 'file:') return true;
  if (hostname === '' || search !== '' || hash !== '') return false;
  return /^https?:$/.test(protocol) || (/^(?:ssh|git):$/.test(protocol) && password === '');
}

export const USER = matching(/^[a-z_][a-z0-9_-]{0,31}$/i, 'the name of a user of this machine');

export const BRANCH: Kind<string> = {
  wanted: 'the name of a branch',
  parse: (text) =>
    /^[A-Za-z0-9_][\w./-]{0,199}$/.test(text) && !/\.\.|\/\/|\/$|\.lock$/.test(text) ? text : undefined,
};

/** A prefix that forms a valid branch name when an id is appended. */
export const BRANCH_PREFIX: Kind<string> = {
  wanted: 'the beginning of a branch name, such as automation/',
  parse: (text) => {
    const isPrefix = text.length <= 100 && BRANCH.parse(`${text}x`) !== undefined;
    return isPrefix && !/(^|\/)\.|\.lock\//.test(text) ? text : undefined;
  },
};
