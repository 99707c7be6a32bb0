import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { record } from '../../event-sourcing/hash-chain.ts';
import { decodeEvent, requestCodec } from '../events/codec.ts';
import type { RequestEvent } from './events.ts';
import type { Policy } from './command.ts';
import type { SubmitRequest } from './decide.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { Request } from './request.ts';
import type { Intent } from './testing/arbitraries.ts';
import { aim, intents, policies, submissions } from './testing/arbitraries.ts';
import { by, CALLER, deepFreeze, minute, recorded, refusalOf, REQUEST_ID } from './testing/given.ts';
import type { Reference, Step } from './testing/reference.ts';
import { mayMove, newReference, referenceStep } from './testing/reference.ts';

const RUNS = { numRuns: 150 };

/** A random life: a submission, then commands by anybody, 0 to 3 minutes apart. */
interface Life {
  readonly submission: SubmitRequest;
  readonly policy: Policy;
  readonly steps: readonly Intent[];
}

const lives: fc.Arbitrary<Life> = fc.record({
  submission: submissions,
  policy: policies,
  steps: fc.array(intents, {
    minLength: 1,
    maxLength: 40,
    size: 'max',
  }),
});

interface Taken {
  readonly step: Step;
  readonly before: Request;
  readonly after: Request;
  readonly events: readonly RequestEvent[];
  /** Error code if the step was refused, else null. */
  readonly refused: string | null;
}

function submit(submission: SubmitRequest, policy: Policy): Request {
  return decide(submission, { at: minute(0), actor: CALLER }, null, policy).state;
}

function fold(state: Request, events: readonly RequestEvent[], { at, actor }: Step): Request {
  return events.reduce((request, event) => {
    const place = { revision: request.version + 1, occurred_at: at, ...by(actor) };
    return evolve(request, recorded(event, place));
  }, state);
}

function take(before: Request, step: Step): Taken {
  const { command, actor, at, policy, lapsedAttempt } = step;
  const context = { at, actor, ...(lapsedAttempt === null ? {} : { lapsedAttempt }) };
  const decideIt = () => decide(deepFreeze(command), context, deepFreeze(before), policy);
  try {
    const { events, state } = decideIt();
    return { step, before, after: state, events, refused: null };
  } catch {
    return { step, before, after: before, events: [], refused: refusalOf(decideIt).code };
  }
}

/** Runs a life and passes every step to `look`. */
function live(
  life: typeof lives extends fc.Arbitrary<infer Life> ? Life : never,
  look: (taken: Taken) => void,
): Request {
  let state = submit(life.submission, life.policy);
  let at = 0;
  for (const intent of life.steps) {
    at += intent.minutes;
    const taken = take(state, { ...aim(intent, state), policy: life.policy, at: minute(at), version: state.version });
    look(taken);
    state = taken.after;
  }
  return state;
}

describe('whatever the commands', () => {
  it('the request matches the contract', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { type, priority, title, description } = life.submission;
        let reference: Reference = newReference(type, priority, title, description);
        live(life, ({ step, after, refused }) => {
          const expected = referenceStep(reference, step);
          expect(refused).toBe(typeof expected === 'string' ? expected : null);
          if (typeof expected !== 'string') reference = expected;
          expect(asReference(after)).toEqual(withoutNegativeZero({ ...reference, moves: 0 }));
        });
      }),
      RUNS,
    );
  });

  it('statuses follow the table, except when an attempt or a block ends', () => {
    fc.assert(
      fc.property(lives, (life) => {
        live(life, ({ step, before, events }) => {
          let state = before;
          for (const event of events) {
            const next = fold(state, [event], step);
            const isOurs =
              (event.type === 'RequestRequeued' && event.data.cause !== 'retry') ||
              (event.type === 'RequestCompleted' && step.command.command === 'ReportAttempt');
            if (next.status !== state.status && !isOurs) {
              expect([state.status, next.status, mayMove(state, next.status)]).toEqual([
                state.status,
                next.status,
                true,
              ]);
            }
            state = next;
          }
        });
      }),
      RUNS,
    );
  });

  it('at most one attempt is live: the latest, and none while pending', () => {
    fc.assert(
      fc.property(lives, (life) => {
        live(life, ({ after }) => {
          const running = after.attempts.filter(({ outcome }) => outcome === null);
          expect(running.length).toBeLessThanOrEqual(after.status === 'pending' ? 0 : 1);
          if (running[0]) expect(running[0]).toBe(after.attempts.at(-1));
          expect(after.attempts.map(({ attempt }) => attempt)).toEqual(after.attempts.map((_, i) => i + 1));
          for (const { outcome, ended_at } of after.attempts) expect(ended_at === null).toBe(outcome === null);
        });
      }),
      RUNS,
    );
  });

  it('every field is present, and related fields agree', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let names: string[] | null = null;
        let started: string | null = null;
        live(life, ({ after }) => {
          names ??= Object.keys(after).sort();
          expect(Object.keys(after).sort()).toEqual(names);
          expect(Object.values(after)).not.toContain(undefined);
          expect(after.blocked !== null).toBe(after.status === 'blocked');
          expect(after.completed_at !== null).toBe(['completed', 'failed', 'cancelled'].includes(after.status));
          if (started !== null) expect(after.started_at).toBe(started);
          started = after.started_at;
          expect(after).toMatchObject({ id: REQUEST_ID, created_at: minute(0), created_by: 'olga' });
        });
      }),
      RUNS,
    );
  });

  it('the version counts events, and retry_count the retries among them', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let count = 0;
        let retries = 0;
        live(life, ({ step, events, after }) => {
          count += events.length;
          for (const event of events) {
            if (event.type !== 'RequestRequeued') continue;
            const { cause, from_status } = event.data;
            if (cause === 'lease_lost' || (cause === 'retry' && from_status === 'failed')) retries += 1;
          }
          expect(after).toMatchObject({ version: count, retry_count: retries });
          if (events.length > 0) expect(after.last_update).toBe(step.at);
        });
      }),
      RUNS,
    );
  });

  it('the same command on the result decides nothing', () => {
    fc.assert(
      fc.property(lives, (life) => {
        live(life, ({ step, after, refused }) => {
          // A block whose end has passed is lifted by the next command.
          const isOverdue = after.blocked?.resume_at && after.blocked.resume_at <= step.at;
          if (refused || isOverdue) return;
          const again = take(after, step);
          expect(again.events).toEqual([]);
          // A claim cannot be repeated, and an actor that ended its own attempt holds a stale token.
          const isOver = step.actor.attempt !== undefined && after.attempts.at(-1)?.outcome !== null;
          const isEnded = step.actor.role === 'agent' && after.completed_at !== null;
          if ('approves' in step.command) expect([null, 'version-mismatch']).toContain(again.refused);
          else if ('patch' in step.command && isEnded) {
            expect(['request-ended', 'stale-attempt']).toContain(again.refused);
          } else if (step.command.command === 'ClaimRequest') expect(again.refused).toBe('already-claimed');
          else if (isOver) expect([null, 'stale-attempt']).toContain(again.refused);
          else expect(again.refused).toBeNull();
        });
      }),
      RUNS,
    );
  });

  it('a stale token changes nothing', () => {
    fc.assert(
      fc.property(lives, (life) => {
        live(life, ({ step: { command, actor }, before, events }) => {
          if (command.command !== 'ReviseRequest' && command.command !== 'ChangeStatus') return;
          const latest = before.attempts.at(-1);
          const isLive = latest?.outcome === null && latest.attempt === actor.attempt;
          if (actor.attempt !== undefined && !isLive) expect(events).toEqual([]);
        });
      }),
      RUNS,
    );
  });

  it('stored events fold to the same request', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let replayed = submit(life.submission, life.policy);
        const end = live(life, ({ step, events }) => {
          const unhashed = {
            $correlationId: 'c',
            $causationId: 'c',
            ...by(step.actor),
            occurred_at: step.at,
            schema_version: 1,
          };
          for (const written of record(requestCodec, events, { id: REQUEST_ID, metadata: unhashed }, null).events) {
            const place = { stream: `automation_request-${REQUEST_ID}`, revision: replayed.version + 1, position: 0n };
            replayed = evolve(replayed, decodeEvent({ ...written, ...place }).event);
          }
        });
        expect(replayed).toEqual(withoutNegativeZero(end));
      }),
      RUNS,
    );
  });

  it("a decision's state equals the fold of its events", () => {
    fc.assert(
      fc.property(lives, (life) => {
        live(life, ({ step, before, after, events }) => {
          expect(fold(before, events, step)).toEqual(after);
        });
      }),
      RUNS,
    );
  });
});

/** JSON has no negative zero. */
function withoutNegativeZero<T>(value: T): T {
  const text = JSON.stringify(value, (_, it: unknown) => (it === -Infinity ? 'never' : it));
  return JSON.parse(text, (_, it: unknown) => (it === 'never' ? -Infinity : it)) as T;
}

/** The folded request in the form of the reference. */
function asReference(request: Request): Reference {
  const { title, description, priority, current_phase, session_id, milestones } = request;
  const { plan_document, pr_url, test_results } = request;
  const fields = { title, description, priority, current_phase, session_id, milestones, plan_document, pr_url };
  return withoutNegativeZero({
    type: request.type,
    status: request.status,
    blocked: request.blocked,
    fields: { ...fields, test_results },
    errors: { error_message: request.error_message, error_code: request.error_code },
    retry_count: request.retry_count,
    started_at: request.started_at,
    completed_at: request.completed_at,
    branch: request.branch,
    commit: request.commit,
    delivery: request.delivery,
    attempts: request.attempts.map(({ outcome, claimed_by, delivers, report, figures, progressed_at }) => ({
      outcome,
      claimer: claimed_by,
      delivers,
      report,
      figures,
      progressed: progressed_at === null ? -Infinity : Date.parse(progressed_at),
    })),
    approved: request.approved,
    lostInARow: request.lost_in_a_row,
    returns: request.returns_in_a_row,
    elsewhere: request.elsewhere_in_a_row,
    planned: [...request.planned],
    movedBy: request.moved_by,
    moves: 0,
  });
}
