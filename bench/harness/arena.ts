import { setTimeout as delay } from 'node:timers/promises';
import type { Clients } from './clients.ts';
import type { Contestant, Ground, Name } from './contestants.ts';
import { schemaOf, startContestant } from './contestants.ts';
import type { LoadResult, Traffic } from './load.ts';
import { cpuOf, memoryOf } from './processes.ts';

/** Number of requests in progress that are changed over and over. */
const ACTIVE = 1_000;
/** Warm-up before each round, at the same load: opens connections, fills caches, compiles code. */
const LEAD_IN_SECONDS = 0.4;
const LOOK_EVERY_MS = 200;
/** Share of one core. Below it, a process counts as idle. */
const QUIET = 0.1;
const QUIET_LIMIT_MS = 10_000;

export interface Round extends LoadResult {
  /** CPU time per request in microseconds, of the contestant's processes and of PostgreSQL, including the work left afterwards. */
  readonly cpu: number;
  readonly database_cpu: number;
  /** Both together. */
  readonly all_cpu: number;
  /** Milliseconds from the last answer until no work was left. */
  readonly settled_in: number;
  /** Highest memory usage seen, RssAnon in MiB. */
  readonly peak: number;
}

/** The running contestants, and the requests they are loaded with. */
export class Arena {
  readonly #ground: Ground;
  readonly #clients: Clients;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #warmUpSeconds: number;
  readonly #contestants = new Map<Name, Contestant>();
  readonly #active = new Map<Name, readonly string[]>();
  readonly #stored = new Map<Name, readonly string[]>();

  /** `environment` is added for every contestant. With `warmUpSeconds`, each is under load that long before its first round. */
  constructor(
    ground: Ground,
    clients: Clients,
    options: { readonly environment?: Readonly<Record<string, string>>; readonly warmUpSeconds?: number } = {},
  ) {
    this.#ground = ground;
    this.#clients = clients;
    this.#environment = options.environment ?? {};
    this.#warmUpSeconds = options.warmUpSeconds ?? 0;
  }

  async contestant(name: Name): Promise<Contestant> {
    const running = this.#contestants.get(name);
    if (running) return running;
    const started = await startContestant(name, this.#ground, this.#environment);
    this.#contestants.set(name, started);
    if (this.#warmUpSeconds > 0) {
      const active = await this.#activeOf(started);
      const order = { url: started.url, traffic: 'mix', connections: 16, active, stored: active } as const;
      await this.#clients.load({ ...order, seconds: this.#warmUpSeconds });
      await quiet([...started.pids, this.#ground.postgres.pid]);
    }
    return started;
  }

  /**
   * Runs one round of one contestant. `ids` are the requests to change; defaults to a thousand new ones. `stored` are those to read;
   * defaults to all.
   */
  async round(
    name: Name,
    traffic: Traffic,
    load: {
      connections: number;
      seconds: number;
      amount?: number | null;
      ids?: readonly string[];
      stored?: readonly string[];
    },
  ): Promise<Round> {
    const { connections, seconds, amount = null, ids } = load;
    const contestant = await this.contestant(name);
    const { url, pid, pids } = contestant;
    const order = {
      url,
      traffic,
      connections,
      active: ids ?? (['patch', 'recent', 'mix'].includes(traffic) ? await this.#activeOf(contestant) : []),
      stored: load.stored ?? (traffic === 'get' || traffic === 'mix' ? await this.#storedOf(contestant) : []),
    };
    await this.#clients.load({ ...order, seconds: LEAD_IN_SECONDS });
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, memoryOf(pid).anon)), LOOK_EVERY_MS);
    const database = [this.#ground.postgres.pid];
    const before = [cpuOf(pids), cpuOf(database)] as const;
    const result = await this.#clients.load({ ...order, seconds, amount });
    const settled_in = await quiet([...pids, ...database]);
    const after = [cpuOf(pids), cpuOf(database)] as const;
    clearInterval(watch);
    const cpu = (after[0] - before[0]) / result.requests;
    const database_cpu = (after[1] - before[1]) / result.requests;
    return {
      ...result,
      cpu,
      database_cpu,
      all_cpu: cpu + database_cpu,
      settled_in,
      peak,
    };
  }

  async stop(): Promise<void> {
    for (const contestant of this.#contestants.values()) await contestant.stop();
    this.#contestants.clear();
    this.#active.clear();
  }

  async #activeOf({ name, url }: Contestant): Promise<readonly string[]> {
    const known = this.#active.get(name) ?? (await this.#clients.submit({ url, count: ACTIVE }));
    this.#active.set(name, known);
    return known;
  }

  /** Requests stored beforehand. p0 stores none, so it gets those just submitted. */
  async #storedOf(contestant: Contestant): Promise<readonly string[]> {
    const { name } = contestant;
    if (name === 'p0') return this.#activeOf(contestant);
    const known = this.#stored.get(name) ?? (await this.#ids(name));
    this.#stored.set(name, known);
    return known;
  }

  async #ids(name: Name): Promise<string[]> {
    const rows = await this.#ground.postgres.query(`SELECT id FROM ${schemaOf(name)}.requests`);
    return rows.map(({ id }) => id ?? '');
  }
}

/** Waits until these processes and their descendants are idle. Returns how long it took, in ms. */
export async function quiet(pids: readonly number[]): Promise<number> {
  const begun = performance.now();
  let before = cpuOf(pids);
  while (performance.now() - begun < QUIET_LIMIT_MS) {
    await delay(LOOK_EVERY_MS);
    const now = cpuOf(pids);
    if (!(now - before > QUIET * LOOK_EVERY_MS * 1_000)) break;
    before = now;
  }
  return performance.now() - begun - LOOK_EVERY_MS;
}
