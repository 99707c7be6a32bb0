/** The service is killed or stopped under load. What it acknowledged is there afterwards, and nothing twice. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BASE, SUBMISSION } from '../support/api.ts';
import { Clients } from '../support/clients.ts';
import { expectProblem } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { commandLines } from '../support/processes.ts';
import { PROGRAM, Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround, WAYS } from '../support/ways.ts';

const WRITERS = 16;
/** Of the moments of the kills; with that of an earlier run they are the same again. */
const SEED = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));

describe.each(WAYS)(`the service, %s (KILL_SEED=${SEED})`, (way) => {
  let server: Server;

  const ends = new Ends();
  beforeAll(async () => {
    const ground = await prepareGround(way);
    ends.add(() => ground.dispose());
    // With a PostgreSQL of its own, which is killed along.
    server = await Server.startWithPostgres(ground.env);
    ends.add(() => server.dispose());
  });
  afterEach(() => Clients.stopAll());
  afterAll(() => ends.run());

  it('killed repeatedly under load, keeps everything it acknowledged', async () => {
    const clients: Clients[] = [];
    const moments = fc.sample(fc.integer({ min: 150, max: 250 }), { seed: SEED, numRuns: 2 });
    for (const [round, enough] of moments.entries()) {
      const load = new Clients(server.api, `round${round}`, WRITERS);
      clients.push(load);
      await until('clients are served', () => load.acknowledged >= enough, 30_000);
      await server.kill();
      await load.stop();
      expect(load.unanswered).toBeGreaterThan(0);
      await server.startAgain();
      await load.verify();
    }
    // What was written before the last kills is still there.
    for (const load of clients) await load.verify();
  });

  it('stopped under load, finishes calls in progress, and keeps everything it acknowledged', async () => {
    const load = new Clients(server.api, 'stopped', WRITERS);
    await until('clients are served', () => load.acknowledged >= 300, 30_000);
    const begun = performance.now();
    const { code } = await server.stop();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(code).toBe(0);
    await load.stop();
    // Late calls were told so, if they were told anything.
    for (const answer of load.refusals) expectProblem(answer, 503, 'shutting-down');
    await server.startAgain();
    await load.verify();
  });
});

describe('one server', () => {
  let server: Server;
  const ends = new Ends();
  beforeAll(async () => {
    server = await Server.startWithPostgres();
    ends.add(() => server.dispose());
  });
  afterAll(() => ends.run());

  /** Sends the head of a submission, and what is given of its body, and waits until that has been seen. */
  async function upload(bytes: number, begin: string) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const head = `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${bytes}\r\n\r\n${begin}`);
    // What came later has been answered.
    await server.api.submit();
    return socket;
  }

  it('that is stopped lets an upload in progress finish, and answers it', async () => {
    const body = JSON.stringify({ ...SUBMISSION, title: 'just in time' });
    const socket = await upload(body.length, body.slice(0, 20));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    const stopped = server.stop();
    await until('it is stopping', () => server.log.some(({ msg }) => msg === 'stopping'));
    socket.write(body.slice(20));
    await until('it is answered', () => answer.includes('just in time'));
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect((await stopped).code).toBe(0);
    await server.startAgain();
    expect((await server.api.get('/requests?q=just+in+time')).body.items).toHaveLength(1);
  });

  it('that is stopped does not wait forever for a stalled upload', async () => {
    const socket = await upload(100, '{"type":');
    const begun = performance.now();
    const { code } = await server.stop();
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(15_000);
    socket.destroy();
    await server.startAgain();
  });

  it('that is killed leaves nothing behind after 5 s', async () => {
    const ofServer = () => commandLines().filter((line) => line.includes(server.dataDir));
    expect(ofServer().length).toBeGreaterThan(0);
    await server.kill();
    await until('its children are gone', () => ofServer().length === 0, 5_000);
  });
});

describe('after kill -9', () => {
  it('repeatedly during the very first start, it still starts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'automation-first-'));
    const dataDir = join(folder, 'data');
    for (const afterMs of [150, 400, 700, 1_000, 1_300]) {
      const env = { PATH: process.env.PATH ?? '', HOME: folder, DATA_DIR: dataDir, PORT: '0' };
      const child = spawn(process.execPath, [PROGRAM], { env, stdio: 'ignore' });
      await delay(afterMs);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const server = await Server.start({ DATA_DIR: dataDir });
    try {
      const { id } = await server.api.submit();
      expect((await server.api.get('/pending')).body.items).toMatchObject([{ id }]);
    } finally {
      await server.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
    }
  });
});
