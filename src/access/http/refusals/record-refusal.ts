import type { Request } from 'express';
import type { RefusalLog } from '../../refusal-log.ts';
import type { Problem } from '../../../infrastructure/http/problems/problem-details.ts';
import type { Caller } from '../caller.ts';

const RECORDED = new Set(['unauthenticated', 'forbidden', 'rate-limited', 'stale-attempt']);

/** Records a call that was refused for its credentials, scopes, rate or stale attempt. Other problems are ignored. */
export function recordRefusal(log: RefusalLog, problem: Problem, request: Request): void {
  if (!RECORDED.has(problem.code)) return;
  const { context } = request;
  const caller = context.principal as Caller | undefined;
  const isKnown = caller !== undefined && (caller.isAuthenticated || caller.scopes.size > 0);
  const missing = problem.extras.missing_scope;
  log.note({
    code: problem.code,
    fault: context.refusal?.fault ?? (problem.status === 401 ? 'malformed-header' : problem.code),
    principal: isKnown ? caller.name : (context.refusal?.principal ?? null),
    address: request.ip ?? null,
    method: context.route?.method ?? request.method.slice(0, 16),
    route: context.route?.path ?? null,
    missing_scope: typeof missing === 'string' ? missing : null,
    request_id: isKnown ? (/\/requests\/([0-9a-f-]{36})/.exec(context.path)?.[1] ?? null) : null,
  });
}
