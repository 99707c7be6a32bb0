// Compares the engine without gRPC with a bare loop over node:sqlite: node --conditions=source bench/engine.mjs [--events 100000]
//
// The bare loop inserts the same bytes into one table with one index, 64 rows per transaction, with the same durability:
// the least that SQLite must do. Only ratios within a run count, not absolute figures.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { Engine } from 'embedded-eventstoredb/engine';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '60000' }, rounds: { type: 'string', default: '3' } },
});
const total = Number(values.events);
const GROUP = 64;
const data = Buffer.from(JSON.stringify({ text: 'x'.repeat(280) }));
const metadata = Buffer.from(JSON.stringify({ text: 'y'.repeat(60) }));
const results = new Map();

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
/** Ids in order of creation (version 7), or in random order (version 4). */
const newName = (version) => {
  const id = randomUUID();
  if (version === 4) return `order-${id}`;
  const time = Date.now().toString(16).padStart(12, '0');
  return `order-${time.slice(0, 8)}-${time.slice(8)}-7${id.slice(15)}`;
};

async function timed(name, work) {
  const before = process.cpuUsage();
  const begin = performance.now();
  const count = await work();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  const rounds = results.get(name) ?? [];
  rounds.push({ rate: count / seconds, cpu: (user + system) / count });
  results.set(name, rounds);
}

function bareInsert(directory, version) {
  const database = new DatabaseSync(join(directory, 'bare.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE event (position INTEGER PRIMARY KEY, stream INTEGER, revision INTEGER, record BLOB, UNIQUE (stream, revision))`);
  const stream = database.prepare('INSERT INTO stream VALUES (?, ?)');
  const event = database.prepare('INSERT INTO event VALUES (?, ?, ?, ?)');
  const record = Buffer.alloc(data.length + metadata.length + 120);
  for (let i = 0; i < total;) {
    database.exec('BEGIN');
    for (let n = 0; n < GROUP && i < total; n++, i++) {
      stream.run(i, newName(version));
      event.run(i * 500, i, 0, record);
    }
    database.exec('COMMIT');
  }
  return database;
}

async function append(engine, inFlight, count, version) {
  let next = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < count) {
        next += 1;
        const events = [{ id: randomUUID(), type: 'Measured', isJson: true, data, metadata }];
        await engine.append({ stream: newName(version), expectedRevision: 'no_stream', events });
      }
    }),
  );
  return count;
}

for (let round = 0; round < Number(values.rounds); round++) {
  const directory = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-bench-'));
  for (const version of [7, 4]) {
    rmSync(join(directory, 'bare.sqlite'), { force: true });
    let bare;
    await timed(`bare insert, v${version} names`, () => ((bare = bareInsert(directory, version)), total));
    if (version === 7) {
      await timed('bare scan', () => {
        const page = bare.prepare('SELECT position, record FROM event WHERE position > ? ORDER BY position LIMIT 1000');
        page.setReturnArrays(true);
        let count = 0;
        for (let rows = page.all(-1); rows.length > 0; rows = page.all(rows.at(-1)[0])) count += rows.length;
        return count;
      });
    }
    bare.close();
    const path = join(directory, `v${version}`);
    const engine = Engine.open({ path });
    await timed(`append, 64 in flight, v${version} names`, () => append(engine, 64, total, version));
    if (version === 7) {
      await timed('append, 1 in flight', () => append(engine, 1, 2000, 7));
      await engine.close();
      const reopened = Engine.open({ path });
      await timed('read $all', () => {
        let count = 0;
        let page = { next: 'start', isEnd: false };
        while (!page.isEnd) {
          page = reopened.readAll({ direction: 'forwards', from: page.next, maxCount: 1000 });
          count += page.events.length;
        }
        return count;
      });
      await timed('subscribe, filtered by prefix', async () => {
        let count = 0;
        const filter = { kind: 'stream-prefix', prefixes: ['order-'] };
        for await (const { events, caughtUp } of reopened.subscribe({ after: 'start', filter })) {
          count += events.length;
          if (caughtUp) break;
        }
        return count;
      });
      await reopened.close();
    } else {
      await engine.close();
    }
  }
  rmSync(directory, { recursive: true, force: true });
}

const figure = (name, key) => median(results.get(name).map((round) => round[key]));
for (const name of results.keys()) {
  console.log(
    `${name.padEnd(32)} ${figure(name, 'rate').toFixed(0).padStart(8)}/s  ${figure(name, 'cpu').toFixed(1).padStart(6)} us of CPU`,
  );
}
const ratio = (a, b) =>
  `${(figure(a, 'rate') / figure(b, 'rate')).toFixed(2)} of the rate, ${(figure(a, 'cpu') / figure(b, 'cpu')).toFixed(2)} of the CPU`;
console.log(`append 64 to bare insert, v7:  ${ratio('append, 64 in flight, v7 names', 'bare insert, v7 names')}`);
console.log(`append 64 to bare insert, v4:  ${ratio('append, 64 in flight, v4 names', 'bare insert, v4 names')}`);
console.log(`read $all to bare scan:        ${ratio('read $all', 'bare scan')}`);
