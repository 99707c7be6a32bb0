import type { Request } from 'express';
import { bearerToken } from '../../infrastructure/http/pipeline/request-head.ts';
import { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import type { Signer } from '../../infrastructure/security/signing.ts';
import type { Access } from '../access.ts';
import { authenticate, authorize } from './caller.ts';

/** Whether a caller may still do what it was let in for. For answers that last longer than the check at their start. */
export class Standing {
  readonly #access: Access;
  readonly #signer: Signer;

  constructor(access: Access, signer: Signer) {
    this.#access = access;
    this.#signer = signer;
  }

  /**
   * Checks the credential of a call again, and puts what it grants now into the call's context. Returns `unauthenticated` or `forbidden`, or
   * null if the caller may go on; also while the credential cannot be checked.
   */
  async lostBy(request: Request): Promise<'unauthenticated' | 'forbidden' | null> {
    const { route } = request.context;
    if (!route) return null;
    const caller = await authenticate({ access: this.#access, signer: this.#signer }, bearerToken(request), request);
    const verdict = caller instanceof Problem ? caller : authorize(this.#access, route, caller, request);
    if (verdict?.status === 401) return 'unauthenticated';
    if (verdict?.status === 403) return 'forbidden';
    if (!(caller instanceof Problem)) request.context.principal = caller;
    return null;
  }
}
