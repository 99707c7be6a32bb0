import type { RunFigures } from '../../automation/domain/request.ts';
import { isObject } from '../api.ts';
import { LineSplitter } from './line-splitter.ts';

/** The last `result` message of Claude Code, as far as it decides how a run ended. */
export interface ResultMessage {
  readonly subtype: string | null;
  readonly isError: boolean;
  readonly terminalReason: string | null;
  readonly apiErrorStatus: number | null;
  /** Of the model's last message, `refusal` among them. */
  readonly stopReason: string | null;
  /** The final text, or the errors. */
  readonly text: string;
}

/** The `init` message, with which a session begins. */
export interface InitMessage {
  readonly version: string | null;
  readonly model: string | null;
  readonly permissionMode: string | null;
  /** Names of commands and skills, without a slash. */
  readonly commands: readonly string[];
}

/** How a session began, and whether it has gone on since. */
export interface SessionProgress {
  readonly init: InitMessage | null;
  /** Exit codes of the hooks that ran at the start of the session; null for one that had none. */
  readonly startHooks: readonly (number | null)[];
  /** How many messages of model and tools there were. */
  readonly steps: number;
}

/** What the messages of a run told, as of now. */
export interface StreamFacts extends SessionProgress {
  readonly result: ResultMessage | null;
  /** When a usage limit that was hit ends, in epoch ms; null when none was hit or the time is unknown. */
  readonly limitResetsAt: number | null;
  readonly limitHit: boolean;
  /** The last message was one that the model had to answer, and not one by which a tool was called. */
  readonly awaitsModel: boolean;
  readonly figures: RunFigures;
  readonly droppedLines: number;
}

/** A result's text is at most a model's answer; longer lines are outputs of tools, which decide nothing. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const LONG_LINE_BYTES = 64 * 1024;
/** Of turns whose usage is added up until the result tells the sum; a turn more than this is not counted. */
const MAX_TURNS_COUNTED = 10_000;
const MAX_START_HOOKS = 20;
/** More than this the service takes for no figure at all, and refuses the whole report. */
const MOST_TURNS = Number.MAX_SAFE_INTEGER;
const MOST_COST_USD = 1e12;

/**
 * Reads Claude Code's `stream-json` for ever in bounded memory. What is not understood is passed over, since each version adds
 * messages of its own; the last `result` counts, since a run with background agents has several.
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
  #limitHit = false;
  #limitResetsAt: number | null = null;

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
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
    // Long lines are what tools put out, many and large; the type of a message stands at its beginning.
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
      this.#awaitsModel = message.type === 'user';
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
      // With several results, the turns of the last are its own only.
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

/** Only the counts, of which there are few: the rest of `usage` differs between versions and is nothing to keep. */
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
