import type { Row, Table } from '../../../infrastructure/postgres/table-rows.ts';
import { evolve } from '../../domain/evolve.ts';
import type { Attempt, Instant, Priority, Request, RequestType, Status } from '../../domain/request.ts';
import type { RecordedRequestEvent } from '../../domain/events.ts';

/** Each table holds facts, one in a row; the query adds them up. */
const REQUESTS: Table = {
  name: 'stats_requests',
  columns: {
    id: 'uuid',
    type: 'text',
    priority: 'text',
    status: 'text',
    created_by: 'text',
    created_at: 'timestamptz',
    entered_at: 'timestamptz',
    completed_at: 'timestamptz',
    version: 'integer',
    attempts: 'jsonb',
  },
  key: ['id'],
};
const STAYS: Table = {
  name: 'stats_stays',
  columns: {
    request_id: 'uuid',
    ended_by: 'integer',
    status: 'text',
    entered_at: 'timestamptz',
    left_at: 'timestamptz',
  },
  key: ['request_id', 'ended_by'],
};
const ATTEMPTS: Table = {
  name: 'stats_attempts',
  columns: {
    request_id: 'uuid',
    attempt: 'integer',
    started_at: 'timestamptz',
    outcome: 'text',
    error_code: 'text',
    cost_usd: 'double precision',
    turns: 'double precision',
  },
  key: ['request_id', 'attempt'],
};
export const TABLES = { requests: REQUESTS, stays: STAYS, attempts: ATTEMPTS };

const NULLABLE = new Set(['completed_at', 'outcome', 'error_code', 'cost_usd', 'turns']);

const createTable = ({ name, columns, key }: Table): string =>
  `CREATE TABLE ${name} (
    ${Object.entries(columns)
      .map(([column, type]) => `${column} ${type}${NULLABLE.has(column) ? '' : ' NOT NULL'}`)
      .join(',\n    ')},
    PRIMARY KEY (${key.join(', ')})
  );`;

/** Each index finds the facts of a time. */
export const DEFINITION = `
  ${Object.values(TABLES).map(createTable).join('\n  ')}
  CREATE INDEX stats_requests_by_creation ON stats_requests (created_at);
  CREATE INDEX stats_requests_by_completion ON stats_requests (completed_at) WHERE completed_at IS NOT NULL;
  CREATE INDEX stats_stays_by_end ON stats_stays (left_at);
  CREATE INDEX stats_stays_by_failure ON stats_stays (entered_at) WHERE status = 'failed';
  CREATE INDEX stats_attempts_by_start ON stats_attempts (started_at);
`;

export const SELECT_BY_IDS = `SELECT ${Object.keys(REQUESTS.columns).join(', ')} FROM stats_requests WHERE id = ANY($1::uuid[])`;

/** An attempt: what it says about itself, and the largest figures that it has reported. */
interface AttemptFacts {
  readonly attempt: number;
  readonly started_at: Instant;
  readonly outcome: Attempt['outcome'];
  readonly error_code: string | null;
  readonly cost_usd: number | null;
  readonly turns: number | null;
}

/** A request, as far as its facts need it. */
export interface RequestFacts {
  readonly id: string;
  readonly type: RequestType;
  readonly priority: Priority;
  readonly status: Status;
  readonly created_by: string;
  readonly created_at: Instant;
  /** When it entered its status. */
  readonly entered_at: Instant;
  readonly completed_at: Instant | null;
  readonly version: number;
  readonly attempts: readonly AttemptFacts[];
}

/** A stay in a status that has ended. */
export interface Stay extends Row {
  readonly request_id: string;
  /** Revision of the event that ended it. */
  readonly ended_by: number;
  readonly status: Status;
  readonly entered_at: Instant;
  /** Not before `entered_at`, whatever the clocks of two instances said. */
  readonly left_at: Instant;
}

/**
 * The facts after one more event, folded by the same `evolve` as everything else. Throws if the event cannot follow.
 *
 * @returns the request and the stay that the event ended, if any
 */
export function foldFacts(
  before: RequestFacts | null,
  event: RecordedRequestEvent,
): { readonly facts: RequestFacts; readonly stay: Stay | null } {
  const state = evolve(before && stateOf(before), event);
  const { id, type, priority, status, created_by, created_at, completed_at, version } = state;
  const at = before && before.entered_at > event.occurred_at ? before.entered_at : event.occurred_at;
  const isMove = before?.status !== status;
  const stay =
    before && isMove
      ? {
          ...{ request_id: id, ended_by: version, status: before.status },
          ...{ entered_at: before.entered_at, left_at: at },
        }
      : null;
  return {
    facts: {
      ...{ id, type, priority, status, created_by, created_at },
      entered_at: isMove ? at : before.entered_at,
      ...{ completed_at, version },
      attempts: state.attempts.map((attempt, i) => attemptFacts(attempt, before?.attempts[i])),
    },
    stay,
  };
}

function attemptFacts(attempt: Attempt, before: AttemptFacts | undefined): AttemptFacts {
  const { cost_usd, num_turns } = attempt.figures;
  return {
    attempt: attempt.attempt,
    started_at: attempt.started_at,
    outcome: attempt.outcome,
    error_code: attempt.report?.error_code ?? null,
    cost_usd: largest(before?.cost_usd, cost_usd),
    turns: largest(before?.turns, num_turns),
  };
}

function largest(before: number | null | undefined, reported: number | undefined): number | null {
  if (reported === undefined) return before ?? null;
  return Math.max(before ?? 0, reported);
}

/** A request of which only what the facts depend on is as it was. */
function stateOf({ id, type, priority, created_at, created_by, attempts, ...rest }: RequestFacts): Request {
  const data = { type, priority, title: '', description: '' };
  const place = { request_id: id, revision: 0, occurred_at: created_at, principal: created_by };
  const { status, completed_at, version } = rest;
  const state = evolve(null, { type: 'RequestSubmitted', data, ...place });
  return { ...state, status, completed_at, version, attempts: attempts.map(attemptOf) };
}

function attemptOf({ attempt, started_at, outcome, error_code, cost_usd, turns }: AttemptFacts): Attempt {
  return {
    attempt,
    started_at,
    outcome,
    report: error_code === null ? null : { outcome: 'failed', error_code },
    figures: {
      ...(cost_usd === null ? {} : { cost_usd }),
      ...(turns === null ? {} : { num_turns: turns }),
    },
    worker: '',
    claimed_by: '',
    session_id: null,
    lease_seconds: 0,
    delivers: false,
    ended_at: null,
    progressed_at: null,
  };
}
