/** Parsers for the worker's configuration values. Each returns undefined for an invalid value. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { LogLevel } from '../infrastructure/observability/logger.ts';
import { LOG_LEVELS } from '../infrastructure/observability/logger.ts';
import { redact } from './programs/output-tail.ts';
import type { Remote } from './repository/remote.ts';
import { splitRemote } from './repository/remote.ts';

/** Format of the agent's output: Claude Code's messages, one JSON object per line, or plain text, of which only the end is kept. */
export type AgentOutput = 'stream-json' | 'text';

export const NAME_WANTED =
  'at most 100 letters, digits, dots, dashes and underscores, and not start with a dot or dash';
export const COMMAND_WANTED =
  'a JSON array of strings such as ["claude","-p","/process-request {id}"], with {id} in arguments only';

export function wholeNumber(min: number, max: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

export function httpUrl(text: string): string | undefined {
  return /^https?:\/\/[^\s/]/.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined;
}

export function workerName(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(text) ? text : undefined;
}

export function defaultName(): string {
  return workerName(hostname()) ?? 'worker';
}

export function existingPath(text: string): string | undefined {
  const path = resolve(text);
  return existsSync(path) ? path : undefined;
}

export function agentOutput(text: string): AgentOutput | undefined {
  return text === 'stream-json' || text === 'text' ? text : undefined;
}

export function logLevel(text: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text);
}

export function variableNames(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)) ? names : undefined;
}

export function commandLine(text: string): readonly string[] | undefined {
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
export function programName(text: string): string | undefined {
  if (text.startsWith('-') || text.includes('\0')) return undefined;
  return text.includes('/') ? existingPath(text) : text;
}

/** A model's alias or full name, as accepted by the CLI. */
export function modelName(text: string): string | undefined {
  return /^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/.test(text) ? text : undefined;
}

/** An amount in US dollars. */
export function amount(text: string): number | undefined {
  const value = /^\d{1,6}(\.\d{1,4})?$/.test(text) ? Number(text) : NaN;
  return value > 0 ? value : undefined;
}

export function pauseScale(text: string): number | undefined {
  const value = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  return value >= 0.001 && value <= 10 ? value : undefined;
}

/** Comma-separated tool names, or rules such as `Bash(npm test:*)`. */
export function toolNames(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => /^[A-Za-z_]\w*(\([^()]+\))?$/.test(name)) ? names : undefined;
}

/** A git URL, `host:path`, or an existing folder. */
export function repositoryPlace(text: string): Remote | undefined {
  if (text.startsWith('-') || text.includes('::') || /\s/.test(text)) return undefined;
  if (text.includes('://')) return isUrl(text) ? splitRemote(text) : undefined;
  const place = /^[^/:]+:/.test(text) ? text : existingPath(text);
  return place === undefined ? undefined : { url: place, credentials: null };
}

/** A repository given on the command line. Rejects passwords and tokens, because every user of the machine can read command lines. */
export function shownRepositoryPlace(text: string): Remote | undefined {
  const place = repositoryPlace(text);
  const { username = '', password = null } = place?.credentials ?? {};
  return password === null && username.length < 20 && redact(username, []) === username ? place : undefined;
}

/** Rejects `?` and `#`, because git would pass what follows them on its own command lines. */
function isUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, password, search, hash } = new URL(text);
  if (protocol === 'file:') return true;
  if (hostname === '' || search !== '' || hash !== '') return false;
  return /^https?:$/.test(protocol) || (/^(?:ssh|git):$/.test(protocol) && password === '');
}

export function userName(text: string): string | undefined {
  return /^[a-z_][a-z0-9_-]{0,31}$/i.test(text) ? text : undefined;
}

export function branchName(text: string): string | undefined {
  return /^[A-Za-z0-9_][\w./-]{0,199}$/.test(text) && !/\.\.|\/\/|\/$|\.lock$/.test(text) ? text : undefined;
}

/** A prefix that forms a valid branch name when an id is appended. */
export function branchPrefix(text: string): string | undefined {
  return text.length <= 100 && branchName(`${text}x`) !== undefined && !/(^|\/)\.|\.lock\//.test(text)
    ? text
    : undefined;
}

export function ciPaths(text: string): 'hold' | 'allow' | undefined {
  return text === 'hold' || text === 'allow' ? text : undefined;
}

export const REPOSITORY_WANTED =
  'a git URL without ? or # (and without an ssh password), host:path, or an existing folder';
export const SHOWN_REPOSITORY_WANTED = `${REPOSITORY_WANTED}; pass one with a password or token by the variable, since every user of the machine can read a command line`;
