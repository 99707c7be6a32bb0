import type pg from 'pg';
import { SHOWN } from './request-row.ts';
import type { RequestView } from '../../views/request-view.ts';
import { inOrder } from '../../views/request-view.ts';

/** A row with what the queue was given, for every query that answers with whole requests. `requests` is aliased `r`. */
export const SELECT_REQUEST = `SELECT ${SHOWN.map((column) => `r.${column}`).join(', ')}, d.queued_at, d.queue_message_id,
  EXISTS (SELECT FROM truncated_requests t WHERE t.request_id = r.id) AS truncated`;
export const JOIN_DELIVERY = 'LEFT JOIN queue_deliveries d ON d.request_id = r.id';

export interface RequestRow extends pg.QueryResultRow, RequestView {}

export function viewOfRow(row: RequestRow): RequestView {
  return { ...inOrder(row, row.attempt, row), truncated: row.truncated };
}
