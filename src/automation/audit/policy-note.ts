import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { backoffMs, pause } from '../../infrastructure/backoff.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { PolicyInForce } from './policy.ts';

const PAUSES = { firstMs: 500, mostMs: 10_000 };

/** Records the policy in force when the service starts; tries again until the event store answers. */
export class PolicyNote implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #audit: AuditTrail;
  readonly #policy: PolicyInForce;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(audit: AuditTrail, policy: PolicyInForce) {
    this.#audit = audit;
    this.#policy = policy;
  }

  onApplicationBootstrap(): void {
    this.#running = this.#note();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #note(): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#audit.notePolicy(this.#policy);
      } catch {
        if (!(await pause(backoffMs(failures, PAUSES), this.#stop.signal))) return;
      }
    }
  }
}
