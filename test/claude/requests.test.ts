/** A request of each type, from the queue to `completed`, by the real Claude Code with the kit; the model is scripted. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FetchedRequest } from './support/kit-play.ts';
import { byTheKit } from './support/kit-play.ts';
import { plays } from './support/play.ts';
import { MODEL_KEY, remains, useStage } from './support/stage.ts';

const stage = useStage();

const MILESTONES: Readonly<Record<string, readonly string[]>> = {
  feature: ['m1', 'm2'],
  bug: ['test', 'mend'],
  refactor: ['m1'],
  research: ['q1'],
};
const RESEARCHER = {
  // eslint-disable-next-line require-yield -- it answers at once
  'research-agent': function* () {
    return 'The pager counts from zero: src/pager.ts:12.';
  },
};

describe('requests of every type, two at a time', () => {
  beforeEach(() => {
    const milestones = ({ type }: FetchedRequest) => MILESTONES[type] ?? [];
    stage.model.reset(plays(byTheKit({ milestones }), RESEARCHER));
  });

  it('go from the queue to completed, each on its own path', async () => {
    const worker = stage.startWorker({ args: ['--concurrency', '2', '--model', 'claude-sonnet-5-5'] });
    const types = Object.keys(MILESTONES);
    const ids = await Promise.all(types.map((type) => stage.submit({ type })));
    const ends = await Promise.all(ids.map((id) => stage.ended(id)));

    for (const [at, type] of types.entries()) {
      const { request, attempt } = ends[at] ?? {};
      expect(request).toMatchObject({
        type,
        status: 'completed',
        milestones: MILESTONES[type]?.map((id) => ({ id, status: 'completed' })),
        plan_document: expect.stringContaining(type === 'research' ? 'counts from zero' : `Plan of a ${type}`),
        test_results: type === 'research' ? null : { passed: 1, failed: 0, skipped: 0 },
      });
      expect(attempt).toMatchObject({ outcome: 'succeeded', exit_code: 0, num_turns: expect.any(Number) });
      expect(attempt.cost_usd).toBeGreaterThan(0);

      const branch = stage.remote.branch(`automation/${request.id}`);
      if (type === 'research') expect(branch).toBeNull();
      else for (const id of MILESTONES[type] ?? []) expect(branch?.files).toContain(`${id}.txt`);

      const { items } = (await stage.api.get(`/requests/${request.id}/events?limit=1000`)).body;
      const story = items.map((event: { type: string }) => event.type);
      const steps = ['ImplementationStarted', 'TestingStarted', 'TestResultsRecorded', 'ReviewStarted'];
      expect(steps.filter((step) => story.includes(step))).toEqual(type === 'research' ? [] : steps);
    }
    await worker.logs('end report accepted', types.length);
    expect(new Set(stage.model.turns.map(({ model }) => model))).toEqual(new Set(['claude-sonnet-5-5']));
    expect(await stage.queue.isEmpty()).toBe(true);

    // Nothing is left of the sessions but their transcripts, and the model's key is nowhere.
    expect(remains(worker)).toEqual({
      sessions: [],
      transcripts: expect.arrayContaining(ends.map(({ attempt }) => attempt.session_id)),
    });
    expect(worker.stdout).not.toContain(MODEL_KEY);
    expect(stage.model.turns[0]?.headers['x-api-key']).toBe(MODEL_KEY);
  });
});
