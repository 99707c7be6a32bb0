import type { RequestEvent } from '../events/events.ts';
import type { CommandContext } from './command.ts';
import { evolve } from './evolve.ts';
import type { Request } from './request.ts';

/** A decision in the making: each event that is decided is folded at once, so that the next is decided on what it leaves. */
export class Unfolding {
  readonly events: RequestEvent[] = [];
  #state: Request;
  readonly #context: CommandContext;

  constructor(state: Request, context: CommandContext) {
    this.#state = state;
    this.#context = context;
  }

  get state(): Request {
    return this.#state;
  }

  happen(event: RequestEvent): void {
    this.events.push(event);
    this.#state = evolve(this.#state, {
      ...event,
      request_id: this.#state.id,
      revision: this.#state.version + 1,
      occurred_at: this.#context.at,
      principal: this.#context.actor.principal,
      ...(this.#context.actor.attempt === undefined ? {} : { attempt: this.#context.actor.attempt }),
    });
  }
}
