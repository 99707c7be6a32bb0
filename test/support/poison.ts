import type { Api } from './api.ts';
import type { TestSchema } from './schema.ts';
import { until } from './until.ts';

/** A session id that no row of the list may have, where a test says so. */
export const POISON = 'poison';

/** The same for the time at which a blocked request is resumed. Unlike the list, these tables are never replaced. */
const POISONED_TIME = '2077-07-07T07:07:07.000Z';

/** From now on PostgreSQL refuses rows with {@link POISON}. */
export async function poison(schema: TestSchema): Promise<void> {
  await schema.query(`
    ALTER TABLE requests ADD CONSTRAINT no_poison CHECK (session_id IS DISTINCT FROM '${POISON}') NOT VALID;
    ALTER TABLE resumptions ADD CONSTRAINT no_poison CHECK (resume_at <> '${POISONED_TIME}') NOT VALID`);
}

export async function cure(schema: TestSchema): Promise<void> {
  await schema.query(
    'ALTER TABLE requests DROP CONSTRAINT no_poison; ALTER TABLE resumptions DROP CONSTRAINT no_poison',
  );
}

/** Blocks a new request until a time that PostgreSQL refuses, and waits until that is parked. Gives what is parked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
export async function parkedDeadline(api: Api): Promise<any> {
  const { id } = await api.submit();
  const block = { status: 'blocked', reason: 'question', error_message: 'Which?', resume_at: POISONED_TIME };
  await api.patch(`/requests/${id}/status`, block);
  return parkedOf(api, id, 'leases');
}

/** Submits a request whose second event the list cannot handle, and waits until it is parked. Gives what is parked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
export async function parkedRequest(api: Api, more: Readonly<Record<string, unknown>> = {}): Promise<any> {
  const { id } = await api.submit(more);
  await api.patch(`/requests/${id}`, { session_id: POISON });
  return parkedOf(api, id);
}

/** Waits until an event of the request is parked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
export async function parkedOf(api: Api, requestId: string, consumer = 'requests'): Promise<any> {
  let found: { readonly request_id: string } | undefined;
  await until(`an event of ${requestId} is parked`, async () => {
    const items: { readonly request_id: string }[] = await api.all(`/parked?consumer=${consumer}&limit=100`);
    found = items.find(({ request_id }) => request_id === requestId);
    return found !== undefined;
  });
  return found;
}
