import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Answer, Api } from './api.ts';
import { SUBMISSION } from './api.ts';
import { brokenLink } from './hash-chain.ts';

/** An acknowledged request, and the phases recorded on it. */
interface Submitted {
  readonly id: string;
  readonly title: string;
  readonly notedPhases: string[];
  /** Sent but not acknowledged: they may have taken effect or not. */
  readonly unknownPhases: string[];
}

/** Delay before a refused client tries again. Much shorter than Retry-After, so that clients are active when something fails. */
const PAUSE_MS = 20;

/**
 * Clients that submit requests, read them and record phases on them, one after the other, until they are stopped. They send nothing twice, and
 * every text is unique, so that what is stored can be compared with what was acknowledged.
 */
export class Clients {
  readonly submitted: Submitted[] = [];
  /** Titles of submissions that were not acknowledged. */
  readonly unknownTitles: string[] = [];
  /** Answers that are not a success. */
  readonly refusals: Answer[] = [];
  /** Calls without an answer. */
  unanswered = 0;
  acknowledged = 0;
  /** Duration of the slowest answer, whatever it was. */
  slowestMs = 0;
  readonly #api: Api;
  readonly #name: string;
  readonly #writers: Promise<void>[];
  static readonly #running = new Set<Clients>();
  #stopped = false;

  /** Stops clients left running by a failed test. */
  static async stopAll(): Promise<void> {
    await Promise.allSettled([...Clients.#running].map((clients) => clients.stop()));
  }

  /** `name` is a word that no other title on this server contains. */
  constructor(api: Api, name: string, writers: number) {
    this.#api = api;
    this.#name = name;
    Clients.#running.add(this);
    this.#writers = Array.from({ length: writers }, (_, writer) => this.#write(writer));
  }

  /** Lets each client finish its current call, and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    Clients.#running.delete(this);
    await Promise.all(this.#writers);
  }

  /** Expects every acknowledged submission and phase exactly once, in lists and in the history, and nothing twice. */
  async verify(): Promise<void> {
    const listed = await this.#api.all(`/requests?limit=100&q=${this.#name}`);
    const log = await this.#api.all('/events?limit=1000', 'after');
    const titles = listed.map(({ title }) => title as string);
    expect(new Set(titles).size).toBe(titles.length);
    const known = new Set([...this.submitted.map(({ title }) => title), ...this.unknownTitles]);
    expect(titles.filter((title) => !known.has(title))).toEqual([]);

    const rows = new Map(listed.map((row) => [row.id, row]));
    const histories = Map.groupBy(log, ({ request_id }) => request_id as string);
    expect(this.submitted.filter(({ id, title }) => rows.get(id)?.title !== title)).toEqual([]);
    for (const { id, notedPhases, unknownPhases } of this.submitted) {
      const history = histories.get(id) ?? [];
      expect(history.map(({ revision }) => revision)).toEqual(history.map((_, i) => i));
      expect(brokenLink(history)).toBeNull();
      const phases = history.slice(1).map(({ data }) => data.current_phase as string);
      expect(new Set(phases).size).toBe(phases.length);
      expect(notedPhases.filter((phase) => !phases.includes(phase))).toEqual([]);
      const allowed = [...notedPhases, ...unknownPhases];
      expect(phases.filter((phase) => !allowed.includes(phase))).toEqual([]);
      expect(rows.get(id)).toMatchObject({ version: history.length - 1, current_phase: phases.at(-1) ?? null });
    }
    // What took effect without being acknowledged must be complete as well.
    for (const { id, version } of listed) expect(histories.get(id)).toHaveLength(version + 1);
  }

  async #write(writer: number): Promise<void> {
    for (let n = 0; !this.#stopped; n += 1) {
      const title = `${this.#name} ${writer}-${n}`;
      const answer = await this.#try(() => this.#api.post('/requests', { ...SUBMISSION, title }));
      if (answer?.status !== 201) {
        this.unknownTitles.push(title);
        await delay(PAUSE_MS);
        continue;
      }
      const submitted = { id: answer.body.id as string, title, notedPhases: [], unknownPhases: [] };
      this.submitted.push(submitted);
      await this.#follow(submitted);
    }
  }

  async #follow({ id, title, notedPhases, unknownPhases }: Submitted): Promise<void> {
    const found = await this.#try(() => this.#api.get(`/requests/${id}`));
    // An acknowledged request must never be unknown.
    if (found && found.status < 500) expect(found).toMatchObject({ status: 200, body: { id, title } });
    for (const phase of [`${title} first`, `${title} second`]) {
      const answer = await this.#try(() => this.#api.patch(`/requests/${id}`, { current_phase: phase }));
      if (answer?.status === 200) {
        expect(answer.body.current_phase).toBe(phase);
        notedPhases.push(phase);
      } else {
        unknownPhases.push(phase);
        await delay(PAUSE_MS);
      }
    }
  }

  async #try(call: () => Promise<Answer>): Promise<Answer | null> {
    try {
      const answer = await call();
      this.slowestMs = Math.max(this.slowestMs, answer.tookMs);
      if (answer.status < 300) this.acknowledged += 1;
      else this.refusals.push(answer);
      return answer;
    } catch {
      this.unanswered += 1;
      return null;
    }
  }
}
