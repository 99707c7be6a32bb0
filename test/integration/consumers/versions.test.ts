/** Two versions of the service on one log and one database. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { RunnerState } from '../../../src/infrastructure/consumers/progress.ts';
import { ensureTables } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { ReadModel } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { Runner } from '../../../src/infrastructure/consumers/runner.ts';
import { until } from '../../support/until.ts';
import type { Ground } from './ground.ts';
import { append, startGround } from './ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await startGround();
});

afterAll(() => ground.dispose());

/** A read model that says of each event by which version it was handled, in a table that each version makes in its own way. */
function start(version: number): Runner {
  const notes: ReadModel = {
    name: 'notes',
    version,
    tables: ['notes'],
    definition: `CREATE TABLE notes (event uuid PRIMARY KEY, version int NOT NULL, only_of_${version} text)`,
    prepare: (db) => ensureTables(notes, db),
    handle: (events) => {
      const text = `INSERT INTO notes (event, version, only_of_${version}) SELECT unnest($1::uuid[]), ${version}, ''`;
      return Promise.resolve({ statements: [{ text, values: [events.map(({ id }) => id)] }] });
    },
  };
  const runner = ground.runner(notes);
  runner.start();
  return runner;
}

async function is(runner: Runner, state: RunnerState): Promise<void> {
  await until(`it is ${state}`, () => runner.progress.state === state, 20_000);
}

async function rows(): Promise<Record<string, number>> {
  const { rows } = await ground.database.query<{ event: string; version: number }>({ text: 'SELECT * FROM notes' });
  return Object.fromEntries(rows.map(({ event, version }) => [event, version]));
}

async function has(expected: Record<string, number>): Promise<void> {
  await until('the rows are there', async () => Object.keys(await rows()).length === Object.keys(expected).length);
  expect(await rows()).toEqual(expected);
}

describe('an older and a newer version', () => {
  it("never drop each other's tables: the newer builds its own, and the older stands by until told otherwise", async () => {
    const older = start(1);
    await is(older, 'live');
    const first = await append(ground.store);
    await has({ [first]: 1 });

    // Beside a leading older version the newer waits, and touches nothing.
    const newer = start(2);
    await is(newer, 'standby');
    const second = await append(ground.store);
    await has({ [first]: 1, [second]: 1 });

    await older.stop();
    await is(newer, 'live');
    await has({ [first]: 2, [second]: 2 });

    // The older comes back, and the newer is gone for a while.
    const olderAgain = start(1);
    await is(olderAgain, 'standby');
    await newer.stop();
    await is(olderAgain, 'superseded');
    const third = await append(ground.store);
    expect(olderAgain.progress.lastError).toBe('newer-read-model');
    expect(await rows()).toEqual({ [first]: 2, [second]: 2 });

    // It does not keep the newer from the lead.
    const newerAgain = start(2);
    await is(newerAgain, 'live');
    await has({ [first]: 2, [second]: 2, [third]: 2 });

    await newerAgain.stop();
    await is(olderAgain, 'superseded');
    expect(await rows()).toEqual({ [first]: 2, [second]: 2, [third]: 2 });
    expect(await readCheckpoint(ground.database, 'notes')).toMatchObject({ version: 2 });

    // Going back, as the error says.
    await ground.database.query({ text: `DELETE FROM checkpoints WHERE consumer = 'notes'` });
    await is(olderAgain, 'live');
    await has({ [first]: 1, [second]: 1, [third]: 1 });
  });
});
