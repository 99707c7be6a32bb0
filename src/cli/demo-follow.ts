import { setTimeout as delay } from 'node:timers/promises';
import type { AutomationClient, AutomationRequest } from '../client/automation-client.ts';
import type { Screen } from './demo-screen.ts';
import type { DemoEvent } from './demo-timeline.ts';

const BASE = '/api/v1/automation';
const LIMIT_MS = 120_000;
const POLL_INTERVAL_MS = 60;
const TERMINAL = new Set(['completed', 'failed', 'cancelled', 'blocked']);

/**
 * Shows the events of a request as they happen: polls for events after the last seen position until the request is in a final status and its
 * worker has reported. Throws after 2 minutes.
 */
export async function follow(
  client: AutomationClient,
  id: string,
  screen: Screen,
  onEvent: (event: DemoEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly events: readonly DemoEvent[]; readonly resource: AutomationRequest }> {
  const events: DemoEvent[] = [];
  let message: unknown = null;
  const limit = performance.now() + LIMIT_MS;
  for (;;) {
    const after = events.at(-1)?.position;
    const query = after === undefined ? {} : { after };
    const page = answered(
      await client.GET(`${BASE}/requests/{id}/events`, { params: { path: { id }, query }, signal }),
    );
    const resource = answered(await client.GET(`${BASE}/requests/{id}`, { params: { path: { id } }, signal }));
    const more = page.items.map((event): DemoEvent => ({ ...event, occurred_at: event.occurred_at ?? '' }));
    const [first] = [...events, ...more];
    const news = more.map((event) => ({
      at: event.occurred_at,
      show: (first: DemoEvent) => {
        screen.event(event, first);
      },
    }));
    const { queued_at } = resource;
    if (queued_at !== null && resource.queue_message_id !== message) {
      message = resource.queue_message_id;
      news.push({
        at: queued_at,
        show: (first) => {
          screen.queued(resource, first);
        },
      });
    }
    // Stable sort: events with the same time keep their order.
    for (const { show } of news.sort((a, b) => a.at.localeCompare(b.at))) if (first) show(first);
    events.push(...more);
    for (const event of more) await onEvent(event);
    if (TERMINAL.has(resource.status) && events.some(({ type }) => type === 'AttemptEnded')) {
      // Otherwise an event was added between the two calls above, and the next round shows it.
      if (events.length === Number(resource.version) + 1) return { events, resource };
    }
    if (performance.now() > limit)
      throw new Error(`The request is still ${resource.status} after ${LIMIT_MS / 1000} s.`);
    await delay(POLL_INTERVAL_MS, undefined, { signal });
  }
}

function answered<T>({ data, response }: { readonly data?: T; readonly response: Response }): T {
  if (data === undefined) throw new Error(`The API answered ${response.status}.`);
  return data;
}
