import type { Instant } from './request.ts';

/** Who gives a command, and with what rights: a person or program, or the holder of an attempt's token. */
export interface Actor {
  readonly principal: string;
  /** `worker` and `agent` hold the token of `attempt`. */
  readonly role: 'caller' | 'worker' | 'agent';
  readonly attempt?: number;
  /** May do in another worker's place what only the claimer may. */
  readonly isAdmin?: boolean;
}

/** What every command carries: time and actor come with it, since deciding knows no clock. */
export interface CommandContext {
  readonly at: Instant;
  readonly actor: Actor;
  /** The versions the caller wants to change, one of which has to be the present one; any when left out. */
  readonly expectedVersions?: readonly number[];
  /** An attempt whose lease is known to have run out, though nobody has said so yet. */
  readonly lapsedAttempt?: number;
}

/** The rules that an installation can set. */
export interface Policy {
  readonly requireApproval: boolean;
  /** Whoever submitted a request may not approve its deployment. */
  readonly fourEyes?: boolean;
  /** Attempts lost in a row after which a request fails. */
  readonly maxAttempts: number;
}
