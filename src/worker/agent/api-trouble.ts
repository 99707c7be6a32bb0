import type { ResultMessage } from '../claude/stream-json.ts';

/**
 * A problem that would affect other requests on this worker too.
 *
 * - `usage-limit`: the account is at its limit until `resumeAt` (epoch ms)
 * - `rate-limit`: the account is at a limit, end unknown
 * - `provider`: the model's API does not respond
 * - `refusal`: the API rejects what is sent, for an unknown reason; perhaps only this request
 * - `agent-unusable`: the account is rejected, or this machine lacks something the agent needs
 * - `configuration`: the worker is configured to run something that can never work
 */
export type Trouble =
  | { readonly cause: 'usage-limit'; readonly resumeAt: number }
  | { readonly cause: 'rate-limit' | 'provider' | 'refusal' | 'agent-unusable' | 'configuration' };

/** Why a run got no answer from the model's API. */
export interface ApiTrouble {
  /** Null when the request itself is the cause: retrying it would fail again, while other requests would work. */
  readonly trouble: Trouble | null;
  /** Error code for the report. */
  readonly code: string;
  /** Introduces the CLI's own message. */
  readonly sentence: string;
}

/** A row matches when any of its conditions does. */
interface Row extends ApiTrouble {
  readonly terminalReasons?: readonly string[];
  readonly stopReasons?: readonly string[];
  readonly statuses?: readonly number[];
  readonly text?: RegExp;
}

const THE_REQUEST = { trouble: null, code: 'agent-error', sentence: 'The API rejected what the agent sent' } as const;
const AT_LIMIT = "The agent's account reached its limit";
const RATE_LIMIT = { trouble: { cause: 'rate-limit' }, code: 'account', sentence: AT_LIMIT } as const;
const PROVIDER = {
  trouble: { cause: 'provider' },
  code: 'provider',
  sentence: "The model's API did not respond",
} as const;
const REFUSAL = {
  trouble: { cause: 'refusal' },
  code: 'provider',
  sentence: "The model's API rejected what the agent sent",
} as const;
/** Client error statuses that are transient, whatever was sent. */
const NOT_NOW: readonly number[] = [408, 409, 423, 425];

/**
 * What Claude Code reports when the API gave no usable answer, as observed with 2.1.330 against a stand-in API. It exits with code 1
 * and `subtype: success` every time, and rewords some errors. The first matching row wins.
 */
const TABLE: readonly Row[] = [
  { ...THE_REQUEST, terminalReasons: ['prompt_too_long', 'image_error'], stopReasons: ['refusal'], statuses: [413] },
  { ...THE_REQUEST, text: /^API Error: 400 (?:messages\.\d|.*content filtering policy)/i },
  {
    trouble: { cause: 'agent-unusable' },
    code: 'account',
    sentence: "The agent's account has no credit left",
    statuses: [402],
    text: /credit balance is too low|API usage limits|billing_error/i,
  },
  {
    trouble: { cause: 'agent-unusable' },
    code: 'agent-auth',
    sentence: "The agent's account was rejected",
    statuses: [401, 403],
    text: /disabled organi[sz]ation|organi[sz]ation has been disabled|not logged in|run \/login|invalid api key|failed to authenticate|oauth token/i,
  },
  { ...RATE_LIMIT, statuses: [429] },
  // The CLI reports every 404 as an unknown model.
  {
    trouble: { cause: 'configuration' },
    code: 'configuration',
    sentence: "The agent's model does not exist",
    statuses: [404],
    text: /issue with the selected model/i,
  },
];

/** Tells from the last message why a session ended without an answer from the API; null when it had one. */
export function readApiTrouble(
  result: ResultMessage,
  limit: { readonly isHit: boolean; readonly resetsAt: number | null },
): ApiTrouble | null {
  if (!result.isError || !(limit.isHit || isOfTheApi(result))) return null;
  const resumeAt = limit.resetsAt ?? namedTime(result.text);
  if (resumeAt !== null)
    return { trouble: { cause: 'usage-limit', resumeAt }, code: 'usage_limit', sentence: AT_LIMIT };
  if (limit.isHit) return RATE_LIMIT;
  // A failing server may say anything about accounts and models, so its text is ignored.
  if ((result.apiErrorStatus ?? 0) >= 500) return PROVIDER;
  return TABLE.find((row) => holds(row, result)) ?? (isRefusal(result) ? REFUSAL : PROVIDER);
}

/** Matches stderr of a CLI that rejected its command line and exited before a session began. */
export const WRONG_COMMAND_LINE = /^error: |cannot be used with root/im;

/** Matches stderr of a CLI that is not logged in. */
export const NOT_LOGGED_IN = /not logged in|run \/login|invalid api key/i;

function isOfTheApi({ terminalReason, apiErrorStatus, text }: ResultMessage): boolean {
  const reasons = ['api_error', 'prompt_too_long', 'image_error'];
  return apiErrorStatus !== null || reasons.includes(terminalReason ?? '') || /^API Error|^Not logged in/.test(text);
}

function isRefusal({ apiErrorStatus }: ResultMessage): boolean {
  const status = apiErrorStatus ?? 0;
  return status >= 400 && status < 500 && !NOT_NOW.includes(status);
}

function holds({ terminalReasons, stopReasons, statuses, text }: Row, result: ResultMessage): boolean {
  return (
    (terminalReasons?.includes(result.terminalReason ?? '') ?? false) ||
    (stopReasons?.includes(result.stopReason ?? '') ?? false) ||
    (statuses?.includes(result.apiErrorStatus ?? 0) ?? false) ||
    (text?.test(result.text) ?? false)
  );
}

/** Parses `You will regain access on 2026-12-01 at 00:00 UTC.` to epoch ms; midnight UTC when no time is given. */
function namedTime(text: string): number | null {
  const said = /regain access on (\d{4}-\d{2}-\d{2})(?:(?: at |T)(\d{2}:\d{2}))?/i.exec(text);
  const time = said ? Date.parse(`${said[1]}T${said[2] ?? '00:00'}:00.000Z`) : NaN;
  return Number.isNaN(time) ? null : time;
}
