import type { SessionProgress } from './stream-json.ts';
import { isSupported } from './cli-version.ts';
import { PERMISSION_MODE } from './options.ts';

/**
 * Returns what is wrong with a session that has just started, as a sentence; null when nothing is, or it has not started yet.
 *
 * The CLI silently drops settings it rejects, and treats an unknown command as a prompt. So a session must show that the guard ran and
 * that the commands are loaded before its model is asked anything.
 */
export function startViolation(
  { init, startHooks, steps }: SessionProgress,
  commands: readonly string[],
): string | null {
  if (!init) return steps === 0 ? null : 'The session did not report how it started.';
  if (init.version === null || !isSupported(init.version))
    return `The guard does not support Claude Code ${init.version ?? 'of an unknown version'}.`;
  if (init.permissionMode !== PERMISSION_MODE) return `The permission mode is ${init.permissionMode ?? 'unknown'}.`;
  const missing = commands.filter((name) => !init.commands.includes(name));
  if (missing.length > 0) return `These commands were not loaded: ${missing.join(', ')}.`;
  // SessionStart hooks report before the `init` message.
  if (startHooks.length === 0) return 'The guard did not answer.';
  if (startHooks.some((exitCode) => exitCode !== 0)) return 'The guard failed its check at the start of the session.';
  return null;
}
