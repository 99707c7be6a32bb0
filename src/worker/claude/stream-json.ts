import type { RunFigures } from '../../automation/domain/request.ts';
import { isObject } from '../api.ts';
import { LineSplitter } from './line-splitter.ts';

/** The fields of Claude Code's `result` message that decide how a run ended. */
export interface ResultMessage {
  readonly subtype: string | null;
  readonly isError: boolean;
  readonly terminalReason: string | null;
  readonly apiErrorStatus: number | null;
  /** Stop reason of the model's last message, such as `refusal`. */
  readonly stopReason: string | null;
  /** The final text, or the error messages, one per line. */
  readonly text: string;
}

/** The `init` message that opens a session. */
export interface InitMessage {
  readonly version: string | null;
  readonly model: string | null;
  readonly permissionMode: string | null;
  /** Names of commands and skills, without the leading slash. */
  readonly commands: readonly string[];
}

/** How a session started, and how far it has got. */
export interface SessionProgress {
  readonly init: InitMessage | null;
  /** Exit codes of the `SessionStart` hooks; null for a hook without one. */
  readonly startHooks: readonly (number | null)[];
  /** Number of model and tool messages. */
  readonly steps: number;
}

/** What the messages of a run have told so far. */
export interface StreamFacts extends SessionProgress {
  readonly result: ResultMessage | null;
  /** Epoch ms at which the usage limit resets; null when no limit was hit or the time is unknown. */
  readonly limitResetsAt: number | null;
  readonly limitHit: boolean;
  /** True when the model has to answer next, false while a tool runs. */
  readonly awaitsModel: boolean;
  readonly figures: RunFigures;
  readonly droppedLines: number;
}

/** A result is at most as long as a model's answer. Longer lines are tool output, which is irrelevant here. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const LONG_LINE_BYTES = 64 * 1024;
/** Maximum number of turns whose usage is summed until the result reports the total; further turns are not counted. */
const MAX_TURNS_COUNTED = 10_000;
const MAX_START_HOOKS = 20;
/** The service rejects a report with larger figures. */
const MOST_TURNS = Number.MAX_SAFE_INTEGER;
const MOST_COST_USD = 1e12;

/**
 * Reads Claude Code's `stream-json` output in bounded memory, however long it is. Unknown messages are ignored, because every version
 * adds some. The last `result` counts, because a run with background agents has several.
 */
export class StreamJsonReader {
  readonly #lines = new LineSplitter({ maxBytes: MAX_LINE_BYTES, onLine: (line) => this.#read(line) });
  readonly #turns = new Map<string, Readonly<Record<string, number>>>();
  #init: InitMessage | null = null;
  readonly #startHooks: (number | null)[] = [];
  #steps = 0;
  #result: ResultMessage | null = null;
  #resultFigures: RunFigures | null = null;
  #awaitsModel = false;
  #isEnding = false;
  #limitHit = false;
  #limitResetsAt: number | null = null;

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
  }

  /** The agent is being ended: what it waited for until now is what it waited for. A tool that is cut off reports to the model. */
  ending(): void {
    this.#isEnding = true;
  }

  get result(): ResultMessage | null {
    return this.#result;
  }

  get progress(): SessionProgress {
    return { init: this.#init, startHooks: this.#startHooks, steps: this.#steps };
  }

  get facts(): StreamFacts {
    return {
      ...this.progress,
      result: this.#result,
      limitHit: this.#limitHit,
      limitResetsAt: this.#limitResetsAt,
      awaitsModel: this.#awaitsModel,
      figures: this.#resultFigures ?? this.#figuresSoFar(),
      droppedLines: this.#lines.dropped,
    };
  }

  #read(line: Buffer): void {
    // Long lines are usually tool output and not worth parsing; a message's type is near its start.
    if (line.length > LONG_LINE_BYTES && !line.subarray(0, 256).includes('"result"')) return;
    let message: unknown;
    try {
      message = JSON.parse(line.toString('utf8'));
    } catch {
      return;
    }
    if (!isObject(message)) return;
    if (message.type === 'assistant' || message.type === 'user') {
      this.#steps += 1;
      if (!this.#isEnding) this.#awaitsModel = message.type === 'user';
    }
    if (message.type === 'result') this.#readResult(message);
    else if (message.type === 'assistant') this.#readAssistant(message);
    else if (message.type === 'rate_limit_event') this.#readRateLimit(message);
    else if (message.type === 'system') this.#readSystem(message);
  }

  #readSystem(message: Readonly<Record<string, unknown>>): void {
    if (message.subtype === 'init') {
      const commands: unknown[] = Array.isArray(message.slash_commands) ? message.slash_commands : [];
      this.#awaitsModel = true;
      this.#init = {
        version: stringOrNull(message.claude_code_version),
        model: stringOrNull(message.model),
        permissionMode: stringOrNull(message.permissionMode),
        commands: commands.filter((name) => typeof name === 'string'),
      };
    } else if (message.subtype === 'hook_response' && message.hook_event === 'SessionStart') {
      if (this.#startHooks.length < MAX_START_HOOKS) this.#startHooks.push(numberOrNull(message.exit_code));
    }
  }

  #readResult(message: Readonly<Record<string, unknown>>): void {
    const errors = Array.isArray(message.errors) ? message.errors.filter((it) => typeof it === 'string') : [];
    this.#result = {
      subtype: stringOrNull(message.subtype),
      isError: message.is_error !== false,
      terminalReason: stringOrNull(message.terminal_reason),
      apiErrorStatus: numberOrNull(message.api_error_status),
      stopReason: stringOrNull(message.stop_reason),
      text: stringOrNull(message.result) ?? errors.join('\n'),
    };
    const turns = numberOrNull(message.num_turns);
    const cost = numberOrNull(message.total_cost_usd);
    this.#resultFigures = {
      // When there are several results, the last one counts only its own turns.
      ...(turns === null ? {} : { num_turns: Math.max(Math.trunc(Math.min(turns, MOST_TURNS)), this.#turns.size) }),
      ...(cost === null || cost < 0 ? {} : { cost_usd: Math.min(cost, MOST_COST_USD) }),
      ...(isObject(message.usage) ? { usage: countsOf(message.usage) } : {}),
    };
  }

  #readAssistant(message: Readonly<Record<string, unknown>>): void {
    if (!isObject(message.message)) return;
    const { id, usage, model } = message.message;
    if (typeof id !== 'string' || model === '<synthetic>') return;
    if (this.#turns.size >= MAX_TURNS_COUNTED && !this.#turns.has(id)) return;
    this.#turns.set(id, isObject(usage) ? countsOf(usage) : {});
  }

  #readRateLimit(message: Readonly<Record<string, unknown>>): void {
    const info = message.rate_limit_info;
    if (!isObject(info)) return;
    this.#limitHit = info.status === 'rejected' && info.isUsingOverage !== true;
    const resetsAt = numberOrNull(info.resetsAt);
    this.#limitResetsAt = this.#limitHit && resetsAt !== null ? resetsAt * 1000 : null;
  }

  #figuresSoFar(): RunFigures {
    if (this.#turns.size === 0) return {};
    const usage: Record<string, number> = {};
    for (const turn of this.#turns.values()) {
      for (const [name, count] of Object.entries(turn)) usage[name] = (usage[name] ?? 0) + count;
    }
    return { num_turns: this.#turns.size, usage };
  }
}

/** Keeps the numeric counts of `usage`, at most 40; the rest differs between versions. */
function countsOf(usage: Readonly<Record<string, unknown>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, value] of Object.entries(usage).slice(0, 40)) {
    if (/^[a-z_]{1,60}$/.test(name) && typeof value === 'number' && Number.isFinite(value)) counts[name] = value;
  }
  return counts;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
