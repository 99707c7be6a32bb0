import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStreams } from '../../event-sourcing/testing/memory-streams.ts';
import type { RunFigures } from '../domain/request.ts';
import type { Call } from './decide-on-stream.ts';
import { RequestStreams } from './request-streams.ts';

const ID = '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11';
const CALL: Call = { actor: { principal: 'dev-1', role: 'caller' }, callId: 'call', correlationId: 'ticket' };
const START = Date.parse('2030-01-31T09:30:00.000Z');

let store: MemoryStreams;
let nowMs: number;
beforeEach(() => {
  store = new MemoryStreams();
  nowMs = START;
});

function streams(isOnlyWriter: boolean): RequestStreams {
  return new RequestStreams(store, {
    isOnlyWriter,
    category: 'automation_request',
    policy: { requireApproval: false, maxAttempts: 3 },
    nowMs: () => nowMs,
    leases: { markIfLapsed: () => Promise.resolve(false) },
    log: { check: () => undefined },
    onTruncated: () => undefined,
  });
}

async function claimed(on: RequestStreams): Promise<void> {
  const submission = { type: 'feature', priority: 'high', title: 'Title', description: 'Text' } as const;
  await on.execute(ID, { command: 'SubmitRequest', id: ID, ...submission }, CALL);
  await on.execute(ID, { command: 'ClaimRequest', worker: 'dev-1', session_id: null, lease_seconds: 60 }, CALL);
  store.calls = [];
}

const beat = (figures: RunFigures) => ({ command: 'ProgressAttempt', attempt: 1, figures }) as const;

describe('a dry run', () => {
  it('reads nothing where nobody else writes, and what others wrote where they do', async () => {
    const alone = streams(true);
    await claimed(alone);
    await alone.consider(ID, beat({}), CALL);
    expect(store.calls).toEqual([]);

    const shared = streams(false);
    await shared.load(ID);
    await alone.execute(ID, { command: 'CancelRequest', reason: null }, CALL);
    expect((await shared.consider(ID, beat({}), CALL)).request.status).toBe('cancelled');
  });

  it('reads the stream while a command is under way on it', async () => {
    const alone = streams(true);
    await claimed(alone);
    const [appending, written] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    store.beforeAppend = () => {
      appending.resolve();
      return written.promise;
    };
    const cancelled = alone.execute(ID, { command: 'CancelRequest', reason: null }, CALL);
    await appending.promise;
    await alone.consider(ID, beat({}), CALL);
    expect(store.calls).toContain(`read automation_request-${ID} from 2`);
    written.resolve();
    await cancelled;
  });

  it('tells whether the command would change something', async () => {
    const alone = streams(true);
    await claimed(alone);
    const changes = async (figures: RunFigures) => (await alone.consider(ID, beat(figures), CALL)).changes;
    expect(await changes({})).toBe(false);
    expect(await changes({ num_turns: 1 })).toBe(true);
    await alone.execute(ID, beat({ num_turns: 1 }), CALL);
    expect(await changes({ num_turns: 2 })).toBe(false);
    nowMs += 60_000;
    expect(await changes({ num_turns: 1 })).toBe(false);
    expect(await changes({ num_turns: 2 })).toBe(true);
  });
});
