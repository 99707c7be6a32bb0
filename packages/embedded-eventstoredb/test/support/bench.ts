import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { EmbeddedEventStoreDB } from 'embedded-eventstoredb';
import type { EmbeddedEventStoreDBOptions } from 'embedded-eventstoredb';

/** Connection string of a real server, to run the tests against it instead of the embedded node. */
export const realServer = process.env.TEST_EVENTSTORE_CONNECTION_STRING;

/** For tests that start, stop or kill the node, which only the embedded one allows. */
export const controlsTheNode = realServer === undefined;

/**
 * Nodes and directories of one test; `clean` disposes of all of them. It uses no client, because the two generations of
 * the official one share global names and cannot be loaded together.
 */
export class Bench {
  readonly #cleanUps: (() => unknown)[] = [];

  /** Runs `undo` at the end of the test, last added first. */
  atEnd(undo: () => unknown): void {
    this.#cleanUps.push(undo);
  }

  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-'));
    this.atEnd(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    return directory;
  }

  async node(options: EmbeddedEventStoreDBOptions = { inMemory: true }): Promise<EmbeddedEventStoreDB> {
    const node = await EmbeddedEventStoreDB.start(options);
    this.atEnd(() => node.stop());
    return node;
  }

  async clean(): Promise<void> {
    for (const undo of this.#cleanUps.splice(0).reverse()) await undo();
  }
}

let streams = 0;

/** A unique stream name, also on a server that holds other data. */
export const newStream = (name = 's'): string => `${name}${process.pid}x${Date.now().toString(36)}x${++streams}`;

/** Polls until the condition holds. It is an assertion, which fails after the limit and names the condition. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  let holds = await condition();
  while (!holds && Date.now() <= end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    holds = await condition();
  }
  expect(holds ? what : `Not within ${limitMs} ms: ${what}`).toBe(what);
}
