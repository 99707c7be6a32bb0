import fc from 'fast-check';
import { decide } from '../../domain/decide.ts';
import type { Request } from '../../domain/request.ts';
import { aim, intents, policies, submissions } from '../../domain/testing/arbitraries.ts';
import { CALLER, minute } from '../../domain/testing/given.ts';
import { GivenEvents } from './given-events.ts';

/** The log that commands of anybody on up to three requests leave, in the order they came. */
export const logs = fc
  .record({
    submission: submissions,
    policy: policies,
    steps: fc.array(fc.record({ n: fc.integer({ min: 1, max: 3 }), intent: intents }), {
      minLength: 1,
      maxLength: 60,
      size: 'max',
    }),
  })
  .map(({ submission, policy, steps }) => {
    const log = new GivenEvents();
    const requests = new Map<number, Request>();
    let at = 0;
    for (const { n, intent } of steps) {
      const state = requests.get(n) ?? null;
      at += intent.minutes;
      const { command, actor, lapsedAttempt } = state
        ? aim(intent, state)
        : { command: submission, actor: CALLER, lapsedAttempt: null };
      const context = { at: minute(at), actor, ...(lapsedAttempt === null ? {} : { lapsedAttempt }) };
      try {
        const decided = decide(command, context, state, policy);
        log.happened(n, ...decided.events);
        requests.set(n, decided.state);
      } catch {
        // Refused: nothing happened.
      }
    }
    return log;
  });
