import type pg from 'pg';
import type { Request } from '../domain/request.ts';
import type { QueueDelivery } from '../forwarding/deliveries.ts';
import type { FoldOnly } from '../projections/requests/request-row.ts';
import { SHOWN } from '../projections/requests/request-row.ts';

/** A request found by a query: folded from its stream, or a row of the read model. */
export interface FoundRequest {
  readonly request: Omit<Request, FoldOnly>;
  /** Number of the latest attempt; 0 before the first claim. */
  readonly attempt: number;
  readonly queued: QueueDelivery;
  /** Part of the history is missing from the event store: this is the last known state, and commands are refused. */
  readonly truncated: boolean;
}

/** Selects a request with its queue message, for every query that returns whole requests. `requests` is aliased `r`. */
export const SELECT_REQUEST = `SELECT ${SHOWN.map((column) => `r.${column}`).join(', ')}, d.queued_at, d.queue_message_id,
  EXISTS (SELECT FROM truncated_requests t WHERE t.request_id = r.id) AS truncated`;
export const JOIN_DELIVERY = 'LEFT JOIN queue_deliveries d ON d.request_id = r.id';

export interface RequestRow extends pg.QueryResultRow, Omit<Request, FoldOnly>, QueueDelivery {
  readonly attempt: number;
  readonly truncated: boolean;
}

export function foundInRow(row: RequestRow): FoundRequest {
  return { request: row, attempt: row.attempt, queued: row, truncated: row.truncated };
}

export function foundInStream(request: Request, queued: QueueDelivery): FoundRequest {
  return { request, attempt: request.attempts.at(-1)?.attempt ?? 0, queued, truncated: false };
}
