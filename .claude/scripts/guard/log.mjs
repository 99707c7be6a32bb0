import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Maximum size of a log file. One older file is kept. */
const MAX_BYTES = 1024 * 1024;

/**
 * Logs a decision if the environment names a folder for it: the tool and the rule, never the call itself. Failing to log does not change a
 * decision.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {{ session: unknown, tool: string, decision: import('./decide.mjs').Decision }} entry
 */
export function logDecision(env, { session, tool, decision }) {
  const folder = env.AUTOMATION_HOOK_STATE_DIR;
  if (!folder) return;
  const file = join(folder, 'security_check.log');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
    const line = {
      at: new Date().toISOString(),
      session: typeof session === 'string' ? session.slice(0, 64) : null,
      tool: tool.slice(0, 64),
      decision: decision.allow ? 'allow' : 'deny',
      rule: decision.allow ? null : decision.rule,
    };
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  } catch {
    // A decision does not depend on its log.
  }
}
