import type pg from 'pg';
import { fromRow } from '../projections/request-row.ts';
import type { RequestView } from './request-view.ts';
import { viewOf } from './request-view.ts';

/** Rows with what the queue was given, for every query that answers with whole requests. `requests` is aliased `r`. */
export const DELIVERY_COLUMNS = 'd.queued_at, d.queue_message_id';
export const JOIN_DELIVERY = 'LEFT JOIN queue_deliveries d ON d.request_id = r.id';

export interface RequestRow extends pg.QueryResultRow {
  readonly id: string;
  readonly version: number;
  readonly queued_at: string | null;
  readonly queue_message_id: string | null;
}

export function viewOfRow(row: RequestRow): RequestView {
  const { queued_at, queue_message_id, ...rest } = row;
  return viewOf(fromRow(rest).request, { queued_at, queue_message_id });
}
