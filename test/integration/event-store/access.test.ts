/** A server that speaks TLS and knows its users. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AppendRefusedError, EventStoreUnavailableError } from '../../../src/infrastructure/event-store/event-store.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { event, events, ids, take, uniquePrefix } from '../../support/events.ts';
import { EventStoreNode } from '../../support/event-store-node.ts';
import { until } from '../../support/until.ts';

const password = 'pässword/with:all@kinds';

describe('a server with TLS and users', () => {
  const logged: string[] = [];
  let folder: string;
  let certificateFile: string;
  let node: EventStoreNode;
  let store: EventStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-store-tls-'));
    const { certificate, key } = selfSignedCertificate();
    const [keyFile, usersFile] = [join(folder, 'key.pem'), join(folder, 'users.json')];
    certificateFile = join(folder, 'certificate.pem');
    await writeFile(certificateFile, certificate);
    await writeFile(keyFile, key);
    await writeFile(usersFile, JSON.stringify({ service: password }));
    node = await EventStoreNode.create('--tls-cert', certificateFile, '--tls-key', keyFile, '--users-file', usersFile);
  });

  afterEach(() => store.close());

  afterAll(async () => {
    await node.dispose();
    await rm(folder, { recursive: true });
  });

  async function start(
    user: string,
    secret: string,
    options = `tlsCAFile=${encodeURIComponent(certificateFile)}`,
  ): Promise<void> {
    logged.length = 0;
    store = await startEventStore({
      kind: 'eventstoredb',
      connectionString: `esdb://${user}:${encodeURIComponent(secret)}@127.0.0.1:${node.port}?tls=true&${options}`,
      log: (level, message) => logged.push(`${level}: ${message}`),
    });
  }

  const append = (): Promise<unknown> =>
    store.append({ stream: uniquePrefix(), expectedRevision: 'no_stream', events: [event()] });

  it('is written to and read from with the user and password of the connection string', async () => {
    await start('service', password);
    await until('the store answers', () =>
      store.tail().then(
        () => true,
        () => false,
      ),
    );
    const prefix = uniquePrefix();
    const given = events(3);
    await store.append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given });
    expect(ids((await store.readStream({ stream: `${prefix}a`, maxCount: 10 })).events)).toEqual(ids(given));
    const taken = await take(store.subscribe({ after: null, streamPrefix: prefix }), (_, caughtUp) => caughtUp);
    expect(ids(taken)).toEqual(ids(given));
  });

  it('refuses a wrong password, which appears nowhere', async () => {
    const wrong = 'wrong/secret';
    await start('service', wrong);
    const refused = append();
    await expect(refused).rejects.toThrow(AppendRefusedError);
    const unread = store.tail();
    await expect(unread).rejects.toThrow(EventStoreUnavailableError);
    const told = [
      ...(await Promise.allSettled([refused, unread])).map(
        (result) => JSON.stringify(result) + String((result as PromiseRejectedResult).reason),
      ),
      ...logged,
    ].join();
    expect(told).toContain('AccessDenied');
    expect(told).not.toContain('secret');
  });

  it('is not believed without its certificate, and the error says so', async () => {
    await start('service', password, 'connectionName=test');
    // On a busy machine the time may be over before the handshake is.
    await until('the error says so', async () => {
      const error: unknown = await append().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(EventStoreUnavailableError);
      return /self.signed certificate/.test(String(error));
    });
  });

  it('cannot be used with a certificate file that is not there', async () => {
    const missing = `tlsCAFile=${encodeURIComponent(join(folder, 'missing.pem'))}`;
    await expect(start('service', password, missing)).rejects.toThrow('certificate file');
  });
});
