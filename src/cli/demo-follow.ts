import { setTimeout as delay } from 'node:timers/promises';
import type { Screen } from './demo-screen.ts';
import type { DemoEvent } from './demo-timeline.ts';

export interface DemoResource {
  readonly id: string;
  readonly status: string;
  readonly queued_at: string | null;
  readonly created_at: string;
  readonly [field: string]: unknown;
}

const LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 60;
const TERMINAL = new Set(['completed', 'failed', 'cancelled', 'blocked']);

/**
 * Shows the history of a request as it grows: asks for what comes after the last position it has seen, until the request is at its
 * end and its worker has reported.
 */
export async function follow(
  base: string,
  id: string,
  screen: Screen,
  onEvent: (event: DemoEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly events: readonly DemoEvent[]; readonly resource: DemoResource }> {
  const events: DemoEvent[] = [];
  let message: unknown = null;
  const limit = performance.now() + LIMIT_MS;
  for (;;) {
    const after = events.at(-1)?.position;
    const path = `/requests/${id}/events${after === undefined ? '' : `?after=${after}`}`;
    const page = (await get(base, path, signal)) as { items: readonly DemoEvent[] };
    const resource = (await get(base, `/requests/${id}`, signal)) as DemoResource;
    const [first] = [...events, ...page.items];
    const news = page.items.map((event) => ({
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
    // Stable, so that events of one time stay in their order.
    for (const { show } of news.sort((a, b) => a.at.localeCompare(b.at))) if (first) show(first);
    events.push(...page.items);
    for (const event of page.items) await onEvent(event);
    if (TERMINAL.has(resource.status) && events.some(({ type }) => type === 'AttemptEnded')) {
      // What came between the two answers.
      if (events.length === Number(resource.version) + 1) return { events, resource };
    }
    if (performance.now() > limit)
      throw new Error(`The request is still ${resource.status} after ${LIMIT_MS / 1000} s.`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function get(base: string, path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(base + path, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
  if (!response.ok) throw new Error(`GET ${path} was answered with ${response.status}.`);
  return response.json();
}
