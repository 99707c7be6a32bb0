import type { SessionProgress } from './stream-json.ts';
import { isSupported } from './cli-version.ts';
import { PERMISSION_MODE } from './options.ts';

/**
 * What is wrong with a session that has just begun, in words; null when nothing is, or it has not begun yet.
 *
 * The CLI drops settings that it does not like without a word, and takes a command that it does not know for a prompt. So a session
 * has to show that the guard ran and that the commands are there, before its model is asked for anything.
 */
export function startViolation(
  { init, startHooks, steps }: SessionProgress,
  commands: readonly string[],
): string | null {
  if (!init) return steps === 0 ? null : 'The session did not say how it began.';
  if (init.version === null || !isSupported(init.version))
    return `The guard does not hold with Claude Code ${init.version ?? 'of an unknown version'}.`;
  if (init.permissionMode !== PERMISSION_MODE) return `The permission mode is ${init.permissionMode ?? 'unknown'}.`;
  const missing = commands.filter((name) => !init.commands.includes(name));
  if (missing.length > 0) return `These commands were not loaded: ${missing.join(', ')}.`;
  // The hooks of the start are heard before the message that the session has begun.
  if (startHooks.length === 0) return 'The guard did not answer.';
  if (startHooks.some((exitCode) => exitCode !== 0)) return 'The guard failed when it was tried.';
  return null;
}
