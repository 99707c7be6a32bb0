import { expect } from '@jest/globals';
import type { RecordedRequestEvent, RequestEvent } from '../events.ts';
import type { Actor, CommandContext, Policy } from '../command.ts';
import type { Decided as Decision, RequestCommand } from '../decide.ts';
import { decide } from '../decide.ts';
import { evolve } from '../evolve.ts';
import type { Instant, Request } from '../request.ts';

export const REQUEST_ID = '0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e';
const POLICY: Policy = { requireApproval: false, maxAttempts: 3 };

export const CALLER: Actor = { principal: 'olga', role: 'caller' };
/** The claimer in every history of `histories.ts`. */
export const CLAIMER: Actor = { principal: 'worker-key', role: 'caller' };
export const SYSTEM: Actor = { principal: 'system', role: 'caller' };
export const workerOf = (attempt: number): Actor => ({ principal: 'worker-key', role: 'worker', attempt });
export const agentOf = (attempt: number): Actor => ({ principal: 'worker-key', role: 'agent', attempt });

/** The time `n` minutes into a story. */
export function minute(n: number): Instant {
  return new Date(Date.UTC(2026, 0, 5, 9, n)).toISOString();
}

/** Folds events one minute apart, the first at minute 0. */
export function foldAll(events: readonly RequestEvent[], from: Request | null = null): Request | null {
  return events.reduce<Request | null>((state, event) => {
    const revision = state ? state.version + 1 : 0;
    return evolve(state, recorded(event, { revision, occurred_at: minute(revision) }));
  }, from);
}

export function recorded(
  event: RequestEvent,
  place: Partial<Pick<RecordedRequestEvent, 'revision' | 'occurred_at' | 'principal' | 'attempt'>> = {},
): RecordedRequestEvent {
  return { ...event, request_id: REQUEST_ID, revision: 0, occurred_at: minute(0), principal: 'olga', ...place };
}

export interface Circumstances {
  /** Default: the claimer for heartbeats and reports, another caller for all other commands. */
  readonly by?: Actor;
  /** Default: one minute after the last event. */
  readonly at?: Instant;
  readonly policy?: Partial<Policy>;
  readonly expectedVersion?: number;
  readonly lapsedAttempt?: number;
}

/** A request with a history, ready for a command. */
export interface Given {
  readonly state: Request | null;
  when(command: RequestCommand, circumstances?: Circumstances): Decided;
}

/** The result of a command. Each assertion fails the test if the result differs. */
export interface Decided {
  /** Expects exactly these events, and none when the same command is decided on the result. Returns the request after them. */
  decides(...events: readonly RequestEvent[]): Request;
  /** Like `decides`, for commands that are refused the second time. */
  decidesOnce(...events: readonly RequestEvent[]): Request;
  /** Expects no event and no refusal. */
  decidesNothing(): void;
  /** Expects an error with this code and exactly these details. */
  refuses(code: string, details?: Readonly<Record<string, unknown>>): void;
  /** The request after the command, whatever was decided. */
  request(): Request;
}

export function given(...history: readonly RequestEvent[]): Given {
  return givenState(foldAll(history));
}

export function givenState(state: Request | null): Given {
  return { state, when: (command, circumstances = {}) => whenOn(state, command, circumstances) };
}

function whenOn(state: Request | null, command: RequestCommand, circumstances: Circumstances): Decided {
  const at = circumstances.at ?? minute(state ? state.version + 1 : 0);
  const isClaimers = command.command === 'ProgressAttempt' || command.command === 'ReportAttempt';
  const { by: actor = isClaimers ? CLAIMER : CALLER, expectedVersion, lapsedAttempt } = circumstances;
  const context: CommandContext = {
    at,
    actor,
    ...(expectedVersion === undefined ? {} : { expectedVersions: [expectedVersion] }),
    ...(lapsedAttempt === undefined ? {} : { lapsedAttempt }),
  };
  const policy = { ...POLICY, ...circumstances.policy };
  // Inputs are frozen, so that a decision that mutates them fails.
  const decideOn = (request: Request | null): Decision => {
    const decision = decide(deepFreeze(command), context, deepFreeze(request), policy);
    expect(decision.state).toStrictEqual(after(decision.events, request));
    return decision;
  };
  /** The request after folding these events one by one. */
  const after = (events: readonly RequestEvent[], from: Request | null): Request => {
    const result = events.reduce<Request | null>((request, event) => {
      const revision = request ? request.version + 1 : 0;
      return evolve(request, recorded(event, { revision, occurred_at: at, ...by(actor) }));
    }, from);
    if (!result) throw new Error('There is still no request.');
    return result;
  };
  const decidesOnce = (...events: readonly RequestEvent[]): Request => {
    const decision = decideOn(state);
    expect(decision.events).toStrictEqual(events);
    return decision.state;
  };
  return {
    decidesOnce,
    decides: (...events) => {
      const request = decidesOnce(...events);
      if (expectedVersion === undefined) expect(decideOn(request).events).toEqual([]);
      return request;
    },
    decidesNothing: () => {
      expect(decideOn(state).events).toEqual([]);
    },
    refuses: (code, details) => {
      const error = refusalOf(() => decideOn(state));
      expect({ code: error.code, details: error.details }).toEqual({ code, details });
    },
    request: () => decideOn(state).state,
  };
}

/** The part of an event that records who caused it. */
export function by({ principal, attempt }: Actor): Pick<RecordedRequestEvent, 'principal' | 'attempt'> {
  return attempt === undefined ? { principal } : { principal, attempt };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

interface Refusal {
  readonly code: string;
  readonly details?: unknown;
}

/** The error that `decision` throws. Fails unless it is a domain error. */
export function refusalOf(decision: () => unknown): Error & Refusal {
  try {
    decision();
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error as Error & Refusal;
    throw error;
  }
  throw new Error('The command was not refused.');
}
