import type { Api } from './api.ts';
import { until } from './until.ts';

/** The attempts on a request, oldest first. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
export async function attemptsOf(api: Api, id: string): Promise<any[]> {
  return (await api.get(`/requests/${id}/attempts`)).body.items;
}

/** Waits until an attempt has ended; returns it, and the request afterwards. */
export async function attemptEnded(api: Api, id: string, attempt = 1, limitMs = 40_000) {
  const find = async () => (await attemptsOf(api, id))[attempt - 1];
  await until(`attempt ${attempt} of ${id} ends`, async () => (await find())?.outcome != null, limitMs);
  return { request: await api.request(id), attempt: await find() };
}
