import { constants } from 'node:os';
import type { AttemptReport } from '../../automation/domain/request.ts';
import type { AgentEnd } from './agent-process.ts';
import { firstCodePoints, plainText, redact } from '../programs/output-tail.ts';
import type { Trouble } from './api-trouble.ts';
import { NOT_LOGGED_IN, readApiTrouble, WRONG_COMMAND_LINE } from './api-trouble.ts';
import type { StreamFacts } from '../claude/stream-json.ts';

/** The report of a finished run, and what it means for the worker. */
export interface Verdict {
  readonly report: AttemptReport;
  /** Why the worker should pause claiming; null when the run says nothing about later ones. */
  readonly pause: Trouble | null;
}

export interface Evidence {
  readonly end: AgentEnd;
  /** Null for an agent with plain text output. */
  readonly facts: StreamFacts | null;
  /** End of the agent's output, already redacted. */
  readonly tail: string;
  readonly secrets: readonly string[];
  /** Epoch ms. */
  readonly now: number;
  /** Limits of the run in ms, for the messages. */
  readonly limits: { readonly totalMs: number; readonly silenceMs: number; readonly firstOutputMs: number };
}

/**
 * Verdict for a run that broke a policy, whatever it reported itself. Its figures are kept.
 *
 * @param unusable true when every run on this worker would break the policy, so that claiming must pause
 */
export function brokeRules({ report }: Verdict, message: string, unusable: boolean): Verdict {
  const { error_code: _code, error_message: _message, resume_at: _resume, ...figures } = report;
  return {
    report: {
      ...figures,
      outcome: 'blocked',
      error_code: 'policy',
      error_message: firstCodePoints(message, MAX_MESSAGE),
    },
    pause: unusable ? { cause: 'agent-unusable' } : null,
  };
}

const MAX_MESSAGE = 4_000;
const MIN_RESET_MS = 60_000;
/** The longest usage limits are monthly. */
const MAX_RESET_MS = 35 * 24 * 3600_000;

/**
 * Decides how an attempt ended. For Claude Code neither the exit status nor `subtype` is enough: an API error ends as "success" with
 * `is_error`, and an interrupted run exits with 0 and no result. Whether a successful attempt finished its request is for the service
 * to judge.
 */
export function reachVerdict(evidence: Evidence): Verdict {
  const { end, facts } = evidence;
  const measured = {
    duration_ms: end.durationMs,
    ...exitCodeOf(end),
    ...facts?.figures,
  };
  const conclude = (
    outcome: AttemptReport['outcome'],
    error_code?: string,
    message?: string,
    pause: Verdict['pause'] = null,
  ): Verdict => {
    const error_message = message === undefined ? '' : sayable(message, evidence.secrets);
    return {
      report: {
        outcome,
        ...(error_code === undefined ? {} : { error_code }),
        ...(error_message === '' ? {} : { error_message }),
        ...(pause?.cause === 'usage-limit' ? { resume_at: new Date(pause.resumeAt).toISOString() } : {}),
        ...measured,
      },
      pause,
    };
  };
  const withTail = (sentence: string): string =>
    evidence.tail === '' ? sentence : `${sentence} End of its output:\n${evidence.tail}`;

  if (end.startError !== null) {
    return conclude('released', 'agent-missing', `The agent's program could not be started (${end.startError}).`, {
      cause: 'agent-unusable',
    });
  }
  switch (end.endedFor) {
    case 'total-limit':
      return conclude(
        'failed',
        'agent-timeout',
        withTail(`The agent was stopped at its time limit of ${seconds(evidence.limits.totalMs)}.`),
      );
    case 'silence-limit':
      if (facts?.awaitsModel) {
        const waited = `The model's API did not respond for ${seconds(evidence.limits.silenceMs)}, so the agent was stopped.`;
        return conclude('released', 'provider', waited, { cause: 'provider' });
      }
      return conclude(
        'failed',
        'agent-silent',
        withTail(`The agent was stopped after ${seconds(evidence.limits.silenceMs)} without output.`),
      );
    case 'first-output-limit':
      return conclude(
        'failed',
        'agent-no-output',
        withTail(`The agent produced no output within ${seconds(evidence.limits.firstOutputMs)} and was stopped.`),
      );
    case 'asked':
      return conclude('released');
    case 'after-result':
    case null:
      break;
  }
  if (facts) return judgeMessages(evidence, facts, conclude, withTail);
  if (end.exitCode === 0) return conclude('succeeded');
  return conclude('failed', 'agent-failed', withTail(`The agent ended with ${ending(end)}.`));
}

type Conclude = (
  outcome: AttemptReport['outcome'],
  code?: string,
  message?: string,
  pause?: Verdict['pause'],
) => Verdict;

function judgeMessages(
  { end, now, tail }: Evidence,
  facts: StreamFacts,
  conclude: Conclude,
  withTail: (sentence: string) => string,
): Verdict {
  const { result } = facts;
  if (!result) return judgeSilent(end, facts, tail, conclude, withTail);
  const api = readApiTrouble(result, { isHit: facts.limitHit, resetsAt: facts.limitResetsAt });
  if (api) {
    const { trouble, code } = api;
    const message = `${api.sentence}: ${result.text}`;
    if (trouble === null) return conclude('failed', code, message);
    if (trouble.cause !== 'usage-limit') return conclude('released', code, message, trouble);
    const resumeAt = Math.min(Math.max(trouble.resumeAt, now + MIN_RESET_MS), now + MAX_RESET_MS);
    return conclude('blocked', code, message, { cause: 'usage-limit', resumeAt });
  }
  if (result.terminalReason === 'budget_exhausted' || result.subtype === 'error_max_budget_usd') {
    return conclude('blocked', 'budget', 'The run reached its cost limit.');
  }
  if (result.terminalReason === 'max_turns' || result.subtype === 'error_max_turns') {
    return conclude('blocked', 'budget', 'The run reached its turn limit.');
  }
  const completed = result.terminalReason === null || result.terminalReason === 'completed';
  // An agent that reported its result but had to be stopped because something kept it from exiting has done its work.
  const endedWell = end.exitCode === 0 || end.endedFor === 'after-result';
  if (endedWell && completed && !result.isError && result.subtype === 'success') return conclude('succeeded');
  const reason = result.terminalReason ?? result.subtype ?? 'unknown';
  return conclude('failed', 'agent-error', `The agent ended with ${ending(end)} (${reason}). ${result.text}`);
}

/** Judges a run without a result. When the session never began, the request is not to blame, and the reason is on stderr. */
function judgeSilent(
  end: AgentEnd,
  facts: StreamFacts,
  tail: string,
  conclude: Conclude,
  withTail: (sentence: string) => string,
): Verdict {
  const began = facts.init !== null || facts.steps > 0;
  if (!began && NOT_LOGGED_IN.test(tail))
    return conclude('released', 'agent-auth', withTail('The agent is not logged in.'), { cause: 'agent-unusable' });
  if (!began && end.exitCode !== null && end.exitCode !== 0) {
    return WRONG_COMMAND_LINE.test(tail)
      ? conclude('released', 'configuration', withTail("The agent's command line is invalid."), {
          cause: 'configuration',
        })
      : conclude(
          'released',
          'configuration',
          withTail(`The agent ended with ${ending(end)} before its session began.`),
          {
            cause: 'agent-unusable',
          },
        );
  }
  return conclude('failed', 'agent-no-result', withTail(`The agent ended with ${ending(end)} and without a result.`));
}

/** Exit code as the API defines it: the negative signal number when a signal ended the process. */
function exitCodeOf({ exitCode, signal }: AgentEnd): { exit_code?: number } {
  if (exitCode !== null) return { exit_code: exitCode };
  return signal === null ? {} : { exit_code: -constants.signals[signal] };
}

function ending({ exitCode, signal }: AgentEnd): string {
  return exitCode === null ? `signal ${signal ?? 'unknown'}` : `exit code ${exitCode}`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function sayable(text: string, secrets: readonly string[]): string {
  return firstCodePoints(plainText(redact(text, secrets)).trim(), MAX_MESSAGE);
}
