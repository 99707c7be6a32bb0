import { isTerminal } from './lifecycle.ts';
import type { Status } from './request.ts';

/**
 * Refusals of the domain. Each class has a stable `code` that is part of the HTTP contract (match on it, never on the message). Some also
 * have `details`: members that a client needs to proceed.
 */

/** An error without a stack trace: it is an answer to the caller, and a trace costs more than the decision. */
class Refusal extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export class RequestNotFound extends Refusal {
  readonly code = 'not-found';
  constructor() {
    super('There is no such request.');
  }
}

export class AttemptNotFound extends Refusal {
  readonly code = 'not-found';
  constructor(attempt: number) {
    super(`This request has no attempt ${attempt}.`);
  }
}

export class IllegalTransition extends Refusal {
  readonly code = 'illegal-transition';
  readonly details: Readonly<{ from: Status; to: Status; allowed: readonly Status[] }>;
  constructor(from: Status, to: Status, allowed: readonly Status[]) {
    const ways = allowed.length > 0 ? `From there it can go to ${allowed.join(', ')}.` : 'That status is final.';
    super(`A request that is ${from} cannot become ${to}. ${ways}`);
    this.details = { from, to, allowed };
  }
}

export class AlreadyClaimed extends Refusal {
  readonly code = 'already-claimed';
  readonly details: Readonly<{ attempt: number }>;
  constructor(attempt: number) {
    super(`Attempt ${attempt} of this request is live.`);
    this.details = { attempt };
  }
}

export class NotClaimable extends Refusal {
  readonly code = 'not-claimable';
  readonly details: Readonly<{ current_status: Status }>;
  constructor(status: Status) {
    super(
      status === 'pending'
        ? 'The work on this request is done: it waits for a worker that delivers.'
        : `Only a pending request can be claimed, and this one is ${status}.`,
    );
    this.details = { current_status: status };
  }
}

/** The agent sent a change after the request ended, or after its own completion claim. */
export class RequestEnded extends Refusal {
  readonly code = 'request-ended';
  constructor(status: Status) {
    super(
      isTerminal(status)
        ? `The request is ${status}: its agent changes nothing any more.`
        : 'The agent has claimed completion: it can only go back to work or block the request.',
    );
  }
}

export class StaleAttempt extends Refusal {
  readonly code = 'stale-attempt';
  readonly details: Readonly<{ attempt: number }>;
  constructor(attempt: number) {
    super(`Attempt ${attempt} is no longer the live attempt of this request: stop its work.`);
    this.details = { attempt };
  }
}

export class EvidenceMissing extends Refusal {
  readonly code = 'evidence-missing';
  readonly details: Readonly<{ missing: readonly string[] }>;
  constructor(missing: readonly string[]) {
    super(`An agent can complete a request only with evidence: ${missing.join('; ')}.`);
    this.details = { missing };
  }
}

export class ApprovalRequired extends Refusal {
  readonly code = 'approval-required';
  constructor() {
    super(
      'Deployment waits for approval: block the request with reason "approval", and someone who may answers by retry.',
    );
  }
}

/** The history one attempt may add is limited, so that reading it stays cheap. */
export class AttemptBudget extends Refusal {
  readonly code = 'attempt-budget';
  constructor(maxBytes: number) {
    super(
      `One attempt may add ${maxBytes / 1024 / 1024} MiB to the history. Statuses and the end report are still taken.`,
    );
  }
}

/** An action that an agent's token never allows, whatever the state. */
export class NotForAgents extends Refusal {
  readonly code = 'forbidden';
  constructor(what: string) {
    super(`An agent's token does not allow ${what}.`);
  }
}

/** The submitter may not approve the deployment where the installation requires a second person. */
export class SameEyes extends Refusal {
  readonly code = 'forbidden';
  constructor() {
    super('You submitted this request: its deployment has to be approved by somebody else.');
  }
}

/** Only the worker that claimed an attempt may send its heartbeats and report. */
export class NotTheClaimer extends Refusal {
  readonly code = 'forbidden';
  constructor(attempt: number) {
    super(`Attempt ${attempt} was claimed by somebody else.`);
  }
}

export class VersionMismatch extends Refusal {
  readonly code = 'version-mismatch';
  /** The current version, for the `ETag` of the response. */
  readonly currentVersion: number;
  constructor(currentVersion: number) {
    super(`The request is at version ${currentVersion}.`);
    this.currentVersion = currentVersion;
  }
}
