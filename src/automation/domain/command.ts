import type { Instant } from './request.ts';

/** Who issues a command, and with what rights: a person or program, or the holder of an attempt's token. */
export interface Actor {
  readonly principal: string;
  /** `worker` and `agent` authenticate with the token of `attempt`. */
  readonly role: 'caller' | 'worker' | 'agent';
  readonly attempt?: number;
  /** May act in place of the worker that claimed. */
  readonly isAdmin?: boolean;
}

/** The context of every command. The time is passed in, because deciding never reads a clock. */
export interface CommandContext {
  readonly at: Instant;
  readonly actor: Actor;
  /** Versions the caller accepts, one of which must be the current one. Any version when omitted. */
  readonly expectedVersions?: readonly number[];
  /** An attempt whose lease has expired without an event recording it yet. */
  readonly lapsedAttempt?: number;
}

/** Rules an installation can configure. */
export interface Policy {
  /** The name under which events record it. */
  readonly version?: string;
  readonly requireApproval: boolean;
  /** Whether the submitter of a request is barred from approving its deployment. */
  readonly fourEyes?: boolean;
  /** Number of consecutive lost attempts at which a request fails. */
  readonly maxAttempts: number;
}
