/** What the guard knows about its surroundings, from the environment that the worker and Claude Code pass to hooks. */
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { realPath } from './real-path.mjs';

/**
 * @typedef {object} Context
 * @property {string} projectDir root of the work tree, where the agent may work
 * @property {string | undefined} configDir Claude Code's configuration folder: readable except for credentials, never writable
 * @property {readonly string[]} protectedDirs must be neither read nor written
 * @property {readonly string[]} tempDirs writable
 * @property {string} home
 * @property {string | undefined} apiUrl URL of the automation service
 * @property {string | undefined} requestId the request being worked on
 * @property {Readonly<Record<string, string | undefined>>} known variables whose values can be relied on in a command
 */

/** Variables whose values are substituted. They hold paths and names, no secrets. */
const KNOWN = [
  'CLAUDE_PROJECT_DIR',
  'CLAUDE_CONFIG_DIR',
  'HOME',
  'TMPDIR',
  'AUTOMATION_API_URL',
  'AUTOMATION_REQUEST_ID',
];

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} cwd from the hook's input; used as the project if Claude Code does not name one
 * @returns {Context}
 */
export function contextOf(env, cwd) {
  const projectDir = realPath(resolve(env.CLAUDE_PROJECT_DIR || cwd));
  const home = env.HOME || homedir();
  const listed = (env.AUTOMATION_PROTECTED_PATHS ?? '').split(delimiter).filter((path) => path !== '');
  const hookState = env.AUTOMATION_HOOK_STATE_DIR;
  const configDir = env.CLAUDE_CONFIG_DIR || join(home, '.claude');
  const temporary = env.TMPDIR || tmpdir();
  return {
    projectDir,
    configDir: env.CLAUDE_CONFIG_DIR || existsSync(configDir) ? realPath(resolve(configDir)) : undefined,
    protectedDirs: [...listed, ...(hookState ? [hookState] : [])].map((path) => realPath(resolve(path))),
    tempDirs: [...new Set([temporary, '/tmp'].map((path) => realPath(resolve(path))))],
    home,
    apiUrl: env.AUTOMATION_API_URL || 'http://127.0.0.1:8000',
    requestId: env.AUTOMATION_REQUEST_ID?.toLowerCase(),
    known: {
      ...Object.fromEntries(KNOWN.map((name) => [name, env[name] || undefined])),
      CLAUDE_PROJECT_DIR: projectDir,
      HOME: home,
      TMPDIR: env.TMPDIR || undefined,
    },
  };
}
