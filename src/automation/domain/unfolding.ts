import type { RequestEvent } from './events.ts';
import type { CommandContext } from './command.ts';
import { evolve } from './evolve.ts';
import type { Request } from './request.ts';

/** A decision in progress: the events decided so far, and the request after them. */
export interface Unfolding {
  readonly events: readonly RequestEvent[];
  readonly state: Request;
  readonly context: CommandContext;
}

/** Appends events and folds each one at once, so that the next is decided on the resulting state. */
export function happen(soFar: Unfolding, ...events: readonly RequestEvent[]): Unfolding {
  if (events.length === 0) return soFar;
  const { at: occurred_at, actor } = soFar.context;
  const by = actor.attempt === undefined ? {} : { attempt: actor.attempt };
  let { state } = soFar;
  for (const event of events) {
    const place = { request_id: state.id, revision: state.version + 1 };
    state = evolve(state, { ...event, ...place, occurred_at, principal: actor.principal, ...by });
  }
  return { ...soFar, events: [...soFar.events, ...events], state };
}
