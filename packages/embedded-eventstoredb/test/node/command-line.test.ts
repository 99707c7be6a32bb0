import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstLine, runCommand, startCommand } from '../support/command-line.ts';
import { contentOf, controlsTheNode, events, newStream, NodeBench } from '../support/node.ts';

(controlsTheNode ? describe : describe.skip)('the command line', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  const start = (...args: string[]) => startCommand(bench, ...args);
  const run = (...args: string[]) => runCommand(bench, ...args);

  it('prints the connection string when ready, and stops cleanly on SIGTERM', async () => {
    const dataDir = bench.directory();
    const child = start('--data-dir', dataDir, '--port', '0');
    const client = bench.client(await firstLine(child));
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    expect(await contentOf(client, stream)).toBe('0:a 1:b');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const check = await run('integrity', '--data-dir', dataDir);
    expect(check).toEqual({ code: 0, out: '4 events in 3 streams: sound\n', err: '' });
  });

  it('keeps acknowledged events when killed, and returns on the same port and data', async () => {
    const dataDir = bench.directory();
    const first = start('--data-dir', dataDir, '--port', '0');
    const url = await firstLine(first);
    const stream = newStream();
    const client = bench.client(url);
    await client.appendToStream(stream, events('abc'));
    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = start('--data-dir', dataDir, '--port', new URL(url).port);
    expect(await firstLine(second)).toBe(url);
    expect(await contentOf(bench.client(`${url}&connectionName=again`), stream)).toBe('0:a 1:b 2:c');
  });

  it('stops when its standard input ends, if told to exit with its parent', async () => {
    const child = start('--in-memory', '--port', '0', '--exit-with-parent');
    await firstLine(child);
    child.stdin!.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('prints its usage, and refuses unknown options', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--data-dir DIR') });
    expect(await run('--in-memory', '--nonsense')).toMatchObject({ code: 2, err: expect.stringContaining('--help') });
    expect(await run('--port', '1')).toMatchObject({ code: 2, err: expect.stringContaining('--in-memory') });
    const dataDir = bench.directory();
    await bench.node({ dataDir });
    const second = await run('--data-dir', dataDir, '--port', '0');
    expect(second).toMatchObject({ code: 1, out: '', err: expect.stringContaining('in use by another node') });
    expect(second.err.trim().split('\n')).toHaveLength(1);
  });
});
