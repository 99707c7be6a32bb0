import type { Engine } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { groupDoesNotExist, groupDropped, groupExists } from './errors.ts';
import { Group } from './group.ts';
import { GroupConfigStore } from './group-config-store.ts';
import { checkpointStream, groupId, parkedStream } from './group-settings.ts';
import type { GroupConfig } from './group-settings.ts';

const TICK_MS = 1000;

/** All persistent subscriptions of the node: stored in the log, and running. */
export class Groups {
  readonly #engine: Engine;
  readonly #store: GroupConfigStore;
  readonly #groups = new Map<string, Group>();
  /** Changes run one after the other, so that the stored list is always consistent. */
  #changes: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#store = new GroupConfigStore(engine);
    this.#startAll();
  }

  find(source: string, group: string): Group {
    const found = this.#groups.get(groupId(source, group));
    if (!found) throw groupDoesNotExist(source, group);
    return found;
  }

  /** The groups of one source, or all groups. */
  list(source?: string): Group[] {
    return [...this.#groups.values()].filter(({ config }) => source === undefined || config.source === source);
  }

  create(config: GroupConfig, user: string): Promise<void> {
    return this.#change(async () => {
      const id = groupId(config.source, config.group);
      if (this.#groups.has(id)) throw groupExists(config.source, config.group);
      await this.#store.save([...this.#configs(), config], user);
      this.#run(config);
    });
  }

  /** Replaces the settings. Filter and checkpoint are kept; consumers are dropped. */
  update(config: GroupConfig, user: string): Promise<void> {
    return this.#change(async () => {
      const current = this.find(config.source, config.group);
      const updated = { ...config, filter: current.config.filter };
      await this.#store.save(
        this.#configs().map((other) => (other === current.config ? updated : other)),
        user,
      );
      await current.stop(groupDropped(config.source, config.group), false);
      this.#run(updated);
    });
  }

  delete(source: string, group: string, user: string): Promise<void> {
    return this.#change(async () => {
      const current = this.find(source, group);
      await this.#store.save(
        this.#configs().filter((other) => other !== current.config),
        user,
      );
      const id = groupId(source, group);
      this.#groups.delete(id);
      await current.stop(groupDropped(source, group), false);
      for (const stream of [checkpointStream(id), parkedStream(id)]) {
        const page = this.#engine.readStream({ stream, direction: 'forwards', from: 'start', maxCount: 1 });
        if (page.status === 'found') await this.#engine.deleteStream({ stream, expectedRevision: 'any' });
      }
      this.#tickWhileNeeded();
    });
  }

  /** Restarts every group. Consumers are dropped. */
  restart(): Promise<void> {
    return this.#change(async () => {
      await this.#stopAll(({ source, group }) => groupDropped(source, group));
      this.#startAll();
    });
  }

  /** Stops every group and saves its progress. */
  stop(): Promise<void> {
    return this.#change(() => this.#stopAll(() => new GrpcError(Code.UNAVAILABLE, 'Server Is Shutting Down')));
  }

  async #stopAll(reason: (config: GroupConfig) => GrpcError): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    await Promise.all(groups.map((group) => group.stop(reason(group.config), true)));
  }

  #startAll(): void {
    for (const config of this.#store.load()) this.#run(config);
  }

  #run(config: GroupConfig): void {
    const group = new Group(this.#engine, config);
    this.#groups.set(groupId(config.source, config.group), group);
    group.start();
    this.#tickWhileNeeded();
  }

  #tickWhileNeeded(): void {
    if (this.#groups.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else {
      this.#timer ??= setInterval(() => {
        for (const group of this.#groups.values()) group.tick();
      }, TICK_MS).unref();
    }
  }

  #configs(): GroupConfig[] {
    return [...this.#groups.values()].map(({ config }) => config);
  }

  #change<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(run);
    this.#changes = result.catch(() => undefined);
    return result;
  }
}
