/** Commands with keys are repeated, their answers lost and the service killed, in any order: each key makes one event, and one answer. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Answer } from '../support/api.ts';
import { Api, BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { Server } from '../support/server.ts';
import type { Call } from '../support/valid-calls.ts';
import { command } from '../support/valid-calls.ts';
import { prepareGround, WAYS } from '../support/ways.ts';

/** IDEMPOTENCY_RUNS: interleavings tried each way, a hundred in a thorough run; with IDEMPOTENCY_SEED those of an earlier run. */
const RUNS = Number(process.env.IDEMPOTENCY_RUNS ?? 2);
const SEED = process.env.IDEMPOTENCY_SEED;
const LIMIT_MS = 300_000;
const COMMANDS = 6;

const number = fc.nat(COMMANDS - 1);
/** `waits`: the next step comes when the answer is here; otherwise they overlap. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      number,
      times: fc.integer({ min: 1, max: 3 }),
      waits: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('lose'), number, times: fc.constant(1), waits: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash'),
      number,
      times: fc.integer({ min: 0, max: 2 }),
      waits: fc.boolean(),
    }),
  },
);

/** Commands that can be carried out in any order, each of which makes exactly one event. */
async function prepare(api: Api): Promise<readonly Call[]> {
  const one = await api.submit();
  const other = await api.submit();
  const calls = [
    command('POST', '/requests', { ...SUBMISSION, title: 'First' }),
    command('POST', '/requests', { ...SUBMISSION, title: 'Second', type: 'bug' }),
    command('PATCH', `/requests/${one.id}`, { current_phase: 'a phase' }),
    command('PATCH', `/requests/${one.id}`, { priority: 'low' }),
    command('PATCH', `/requests/${one.id}/status`, { status: 'implementing' }),
    command('POST', `/requests/${other.id}/attempts`, { worker: 'w' }),
  ];
  return calls.map((call) => ({ ...call, headers: { ...call.headers, 'Idempotency-Key': randomUUID() } }));
}

const said = ({ status, body, headers }: Answer) => ({ status, body, etag: headers.etag, location: headers.location });

describe.each(WAYS)('commands with keys, %s', (way) => {
  let server: Server;
  let lossy: Api;
  const ends = new Ends();
  beforeAll(async () => {
    const ground = await prepareGround(way);
    ends.add(() => ground.dispose());
    server = await Server.start(ground.env);
    ends.add(() => server.dispose());
    const proxy = await HttpProxy.start(() => server.url);
    proxy.fate = () => 'lose-answer';
    ends.add(() => proxy.stop());
    lossy = new Api(() => proxy.url);
    ends.add(async () => lossy.close());
  });
  afterAll(() => ends.run());

  it(
    'create one event per key and return the same answer each time, however often they are repeated, lost or cut',
    async () => {
      const interleaving = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
        const calls = await prepare(server.api);
        const answers = calls.map((): Answer[] => []);
        const underWay: Promise<void>[] = [];
        const send = async (which: number, api: Api): Promise<void> => {
          // No answer: the service was killed, or the answer got lost. It may have been carried out.
          const answer = await api.send(calls[which]!).catch(() => null);
          if (answer) answers[which]!.push(answer);
        };
        for (const { kind, number, times, waits } of steps) {
          const sent = Array.from({ length: times }, () => send(number, kind === 'lose' ? lossy : server.api));
          underWay.push(...sent);
          if (kind === 'crash') {
            // At once, or when the calls before it are on their way.
            if (waits) await Promise.race([...sent, new Promise(setImmediate)]);
            await server.kill();
            await server.startAgain();
          } else if (waits) await Promise.all(sent);
        }
        await Promise.all(underWay);

        for (const [i, call] of calls.entries()) {
          const last = await server.api.send(call);
          for (const answer of answers[i]!) if (answer.status >= 400) expectProblem(answer, 409, 'conflict');
          const taken = answers[i]!.filter(({ status }) => status < 400);
          expect([...new Set([...taken, last].map((answer) => JSON.stringify(said(answer))))]).toHaveLength(1);
          expect(last.status).toBeLessThan(300);
          // All but one of them say that they are repetitions; the one may have been lost.
          const originals = [...taken, last].filter(({ headers }) => headers['idempotent-replayed'] === undefined);
          expect(originals.length).toBeLessThanOrEqual(1);
        }
        const requests = new Set(
          calls.map(({ path }) => path.slice(BASE.length).split('/')[2]).filter((id) => id !== undefined),
        );
        for (const [i] of calls.entries()) {
          const { id } = (await server.api.send(calls[i]!)).body as { id?: string };
          if (id) requests.add(id);
        }
        const events = (await Promise.all([...requests].map((id) => server.api.events(id)))).flat();
        const keys = events
          .map(({ metadata }) => metadata.idempotency?.key as string | undefined)
          .filter((key) => key !== undefined);
        expect(keys).toHaveLength(COMMANDS);
        expect(new Set(keys).size).toBe(COMMANDS);
      });
      await fc.assert(interleaving, {
        numRuns: RUNS,
        endOnFailure: true,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      });
    },
    LIMIT_MS,
  );
});
