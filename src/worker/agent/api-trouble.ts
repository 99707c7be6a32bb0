import type { ResultMessage } from '../claude/stream-json.ts';

/**
 * Why no request would fare better here. `usage-limit`: the account is at its limit until `resumeAt`, in epoch ms. `rate-limit`: so it
 * is, and nobody says until when. `provider`: the API gives no answer. `refusal`: it refuses what is sent, for a reason that nobody knows;
 * it may refuse only this request. `agent-unusable`: the account is refused, or this machine is not as an agent needs it.
 * `configuration`: the worker is told to run something that can never work.
 */
export type Trouble =
  | { readonly cause: 'usage-limit'; readonly resumeAt: number }
  | { readonly cause: 'rate-limit' | 'provider' | 'refusal' | 'agent-unusable' | 'configuration' };

/** Why a run got no answer of the API. */
export interface ApiTrouble {
  /** Null where the request is to blame: another run of it would end alike, and other requests would not. */
  readonly trouble: Trouble | null;
  /** For the report. */
  readonly code: string;
  /** What to say before the CLI's own words. */
  readonly sentence: string;
}

/** A row holds when one of its signs is there. */
interface Row extends ApiTrouble {
  readonly terminalReasons?: readonly string[];
  readonly stopReasons?: readonly string[];
  readonly statuses?: readonly number[];
  readonly text?: RegExp;
}

const THE_REQUEST = { trouble: null, code: 'agent-error', sentence: 'The API refused what the agent sent' } as const;
const AT_LIMIT = "The agent's account reached its limit";
const RATE_LIMIT = { trouble: { cause: 'rate-limit' }, code: 'account', sentence: AT_LIMIT } as const;
const PROVIDER = {
  trouble: { cause: 'provider' },
  code: 'provider',
  sentence: 'The API of the model gave no answer',
} as const;
const REFUSAL = {
  trouble: { cause: 'refusal' },
  code: 'provider',
  sentence: 'The API of the model refused what the agent sent',
} as const;
/** Those that say "not now", whatever is sent. */
const NOT_NOW: readonly number[] = [408, 409, 423, 425];

/**
 * What Claude Code says when the API gave no answer, as seen with 2.1.330 against a stand-in. It ends with exit code 1 and
 * `subtype: success` each time, and puts some errors into words of its own. The first row that holds counts.
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
    sentence: "The agent's account was refused",
    statuses: [401, 403],
    text: /disabled organi[sz]ation|organi[sz]ation has been disabled|not logged in|run \/login|invalid api key|failed to authenticate|oauth token/i,
  },
  { ...RATE_LIMIT, statuses: [429] },
  // The CLI takes every 404 for one of the model.
  {
    trouble: { cause: 'configuration' },
    code: 'configuration',
    sentence: "The agent's model is not there",
    statuses: [404],
    text: /issue with the selected model/i,
  },
];

/** Why a session ended without an answer of the API, by its last message; null when it had one. */
export function readApiTrouble(
  result: ResultMessage,
  limit: { readonly isHit: boolean; readonly resetsAt: number | null },
): ApiTrouble | null {
  if (!result.isError || !(limit.isHit || isOfTheApi(result))) return null;
  const resumeAt = limit.resetsAt ?? namedTime(result.text);
  if (resumeAt !== null)
    return { trouble: { cause: 'usage-limit', resumeAt }, code: 'usage_limit', sentence: AT_LIMIT };
  if (limit.isHit) return RATE_LIMIT;
  // Whatever a server in trouble says of accounts and models.
  if ((result.apiErrorStatus ?? 0) >= 500) return PROVIDER;
  return TABLE.find((row) => holds(row, result)) ?? (isRefusal(result) ? REFUSAL : PROVIDER);
}

/** On stderr, from a CLI that takes its command line for wrong and ends before a session begins. */
export const WRONG_COMMAND_LINE = /^error: |cannot be used with root/im;

/** On stderr too. */
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

/** Of `You will regain access on 2026-12-01 at 00:00 UTC.`, in epoch ms; the beginning of the day when it names none. */
function namedTime(text: string): number | null {
  const said = /regain access on (\d{4}-\d{2}-\d{2})(?:(?: at |T)(\d{2}:\d{2}))?/i.exec(text);
  const time = said ? Date.parse(`${said[1]}T${said[2] ?? '00:00'}:00.000Z`) : NaN;
  return Number.isNaN(time) ? null : time;
}
