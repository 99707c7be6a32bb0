/** Kinds of values that several variables hold. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LOG_LEVELS } from '../infrastructure/observability/logger.ts';
import { QUEUE_URL_FORM, queueUrlOf } from '../infrastructure/sqs/queue-url.ts';
import type { Kind } from './variables.ts';

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    wanted: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    wanted: words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`,
    parse: (text) => words.find((word) => word === text),
  };
}

export function matching(pattern: RegExp, wanted: string): Kind<string> {
  return { wanted, parse: (text) => (pattern.test(text) ? text : undefined) };
}

/** Comma-separated names. */
export function namesMatching(pattern: RegExp, wanted: string): Kind<readonly string[]> {
  return {
    wanted: `${wanted}, comma-separated`,
    parse: (text) => {
      const names = text.split(',').map((name) => name.trim());
      return names.every((name) => pattern.test(name)) ? names : undefined;
    },
  };
}

export const SWITCH: Kind<boolean> = {
  wanted: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** A path, made absolute. */
export const PATH: Kind<string> = { wanted: 'a path without control characters', parse: (text) => resolve(text) };

/** The path of an existing file or folder, made absolute. */
export function existing(what: 'file' | 'folder'): Kind<string> {
  return { wanted: `a ${what} that is there`, parse: existingPath };
}

/** The absolute path if something is there. */
export function existingPath(text: string): string | undefined {
  const path = resolve(text);
  return existsSync(path) ? path : undefined;
}

/** URL of a running service, without a trailing slash. */
export const API_URL: Kind<string> = {
  wanted: 'a URL such as http://127.0.0.1:8000',
  parse: (text) => (/^https?:\/\/[^\s/]/.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined),
};
export const DEFAULT_API_URL = 'http://127.0.0.1:8000';

export const QUEUE_URL: Kind<string> = { wanted: QUEUE_URL_FORM, parse: queueUrlOf };

export const LOG_LEVEL = oneOf(...LOG_LEVELS);
