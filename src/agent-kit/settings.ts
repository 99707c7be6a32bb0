import type { KitPlace } from './kit.ts';
import { hookSettings, quoted } from './kit.ts';

/** Hooks with one of these are the kit's, of whatever version. */
const OURS = /scripts\/(?:security_check|verify_completion)\.mjs/;

export type MergedSettings =
  | {
      /** Null when there were none. */
      readonly before: string | null;
      readonly text: string;
      readonly warnings: readonly string[];
    }
  | { readonly problem: string };

/**
 * Merges the kit's hooks and permissions into Claude Code's settings. Everything else is kept, including other hooks; hooks of earlier
 * versions of the kit are replaced.
 */
export function mergeSettings(before: string | null, place: KitPlace): MergedSettings {
  let settings: unknown = {};
  try {
    if (before !== null) settings = JSON.parse(before);
  } catch {
    // Claude Code ignores such a file silently, including its hooks.
    return { problem: 'is not valid JSON, so Claude Code ignores all of it. Fix it first; nothing was written.' };
  }
  if (!isRecord(settings)) return { problem: 'is not a JSON object. Fix it first; nothing was written.' };
  const permissions = isRecord(settings.permissions) ? settings.permissions : {};
  const merged = {
    ...settings,
    permissions: { ...permissions, allow: withOurRules(listOf(permissions.allow), place) },
    hooks: withOurHooks(isRecord(settings.hooks) ? settings.hooks : {}, place),
  };
  const text = `${JSON.stringify(merged, null, 2)}\n`;
  const isSame = before !== null && JSON.stringify(JSON.parse(before)) === JSON.stringify(merged);
  const warnings =
    settings.disableAllHooks === true ? ['settings.json sets disableAllHooks, so the guard does not run.'] : [];
  return { before, text: isSame ? before : text, warnings };
}

function withOurHooks(hooks: Readonly<Record<string, unknown>>, place: KitPlace): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [event, entries] of Object.entries(hooks)) {
    merged[event] = Array.isArray(entries) ? entries.map(withoutOurs).filter((entry) => entry !== null) : entries;
  }
  for (const [event, entries] of Object.entries(hookSettings(place))) {
    const others = merged[event];
    merged[event] = [...(Array.isArray(others) ? (others as unknown[]) : []), ...entries];
  }
  return merged;
}

/** Removes our hooks from an entry; null if none are left. */
function withoutOurs(entry: unknown): unknown {
  if (!isRecord(entry) || !Array.isArray(entry.hooks)) return entry;
  const others = (entry.hooks as unknown[]).filter(
    (hook) => !(isRecord(hook) && typeof hook.command === 'string' && OURS.test(hook.command)),
  );
  if (others.length === entry.hooks.length) return entry;
  return others.length === 0 ? null : { ...entry, hooks: others };
}

/** Allows the status scripts without a prompt: they can do only what their token permits. */
function withOurRules(rules: readonly unknown[], place: KitPlace): readonly unknown[] {
  const script = /scripts\/(?:fetch_request|update_request_status)\.mjs/;
  const others = rules.filter((rule) => !(typeof rule === 'string' && script.test(rule)));
  const ours = ['fetch_request.mjs', 'update_request_status.mjs'].map(
    (name) => `Bash(${quoted(place.node)} ${place.scripts}/${name}:*)`,
  );
  return [...others, ...ours];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
