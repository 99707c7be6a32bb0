// Measures the engine's memory over many events: node --conditions=source bench/memory.mjs [--events 1000000]
//
// Appends them to new streams with 64 in flight, then reads them all through a subscription; prints resident memory and
// the size of the write-ahead log along the way. Both must level off.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from 'embedded-eventstoredb/engine';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
const total = Number(values.events);
const path = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-bench-'));
const engine = Engine.open({ path });
const data = Buffer.alloc(300, 'x');
const metadata = Buffer.alloc(70, 'y');

function report(what, count) {
  const wal = statSync(join(path, 'events.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0;
  const mib = (bytes) => `${Math.round(bytes / 1024 / 1024)} MiB`;
  console.log(
    `${what} ${String(count).padStart(8)}  memory ${mib(process.memoryUsage.rss())}  write-ahead log ${mib(wal)}`,
  );
}

let next = 0;
await Promise.all(
  Array.from({ length: 64 }, async () => {
    while (next < total) {
      if (next % (total / 10) === 0) report('appended', next);
      next += 1;
      const events = [{ id: randomUUID(), type: 'Measured', isJson: false, data, metadata }];
      await engine.append({ stream: `s-${next}`, expectedRevision: 'no_stream', events });
    }
  }),
);
let read = 0;
for await (const { events, caughtUp } of engine.subscribe({ after: 'start' })) {
  const before = read;
  read += events.length;
  if (Math.floor(read / (total / 5)) > Math.floor(before / (total / 5))) report('read    ', read);
  if (caughtUp) break;
}
await engine.close();
rmSync(path, { recursive: true, force: true });
