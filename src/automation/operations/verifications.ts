import type { Comparison, Drift } from '../projections/requests/verify-requests.ts';
import type { AuditTrail, OperatorCall } from '../audit/audit-trail.ts';

export type { Comparison, Drift };

/** Compares a read model with the log. Rejects when `signal` is aborted; after `limitMs` the rest is left unchecked. */
export type Verify = (options: { readonly signal: AbortSignal; readonly limitMs: number }) => Promise<Comparison>;

/** A verification is under way, or the consumer has nothing that can be compared with the log. */
class VerificationConflict extends Error {
  readonly code = 'conflict';
}

/** The caller has closed the connection. */
class CallerGone extends Error {
  readonly code = 'caller-gone';
}

/** Less than an idle connection is kept. */
const LIMIT_MS = 75_000;

/** Comparisons of read models with the log that operators ask for: one at a time for each read model. */
export class Verifications {
  readonly #verifies: ReadonlyMap<string, Verify>;
  readonly #audit: AuditTrail;
  readonly #running = new Set<string>();

  constructor(verifies: Readonly<Record<string, Verify>>, audit: AuditTrail) {
    this.#verifies = new Map(Object.entries(verifies));
    this.#audit = audit;
  }

  /**
   * Compares the read model `name` with the log and records it. `onGone` gets a function to call when the caller has gone. Throws
   * {@link VerificationConflict}, and the errors of the stores.
   */
  async verify(name: string, call: OperatorCall, onGone: (listener: () => void) => void): Promise<Comparison> {
    const verify = this.#verifies.get(name);
    if (!verify) throw new VerificationConflict('This projection cannot be compared with the log.');
    if (this.#running.has(name)) throw new VerificationConflict('A verification of this projection is under way.');
    const gone = new AbortController();
    onGone(() => gone.abort(new CallerGone('The caller has gone.')));
    this.#running.add(name);
    try {
      let comparison: Comparison | undefined;
      await this.#audit.perform({ name: 'Verification', target: name }, call, async () => {
        comparison = await verify({ signal: gone.signal, limitMs: LIMIT_MS });
        const { checked, drifted, couldNotCheck, isComplete } = comparison;
        return { checked, drifted, could_not_check: couldNotCheck, complete: isComplete };
      });
      return comparison!;
    } finally {
      this.#running.delete(name);
    }
  }
}
