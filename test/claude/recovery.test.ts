/** A worker that is killed in the middle of a run, and another whose agent goes on where the first one stopped. */
import { describe, expect, it } from '@jest/globals';
import { processesWith } from '../support/processes.ts';
import { runGit } from '../support/repository.ts';
import { eventually } from './support/eventually.ts';
import { addFile, byTheKit } from './support/kit-play.ts';
import { plays } from './support/play.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();

describe('a worker killed during a run', () => {
  it('loses nothing: another continues from the commits without repeating them', async () => {
    let isHanging = false;
    stage.model.reset(
      plays(
        byTheKit({
          milestones: () => ['m1', 'm2'],
          *work(milestone, id) {
            yield* addFile(milestone, id);
            // Committed and not reported yet: the model thinks, and its worker is killed.
            if (isHanging || milestone !== 'm1') return;
            isHanging = true;
            yield 'hang';
          },
        }),
      ),
    );
    // The shortest lease for the one that is killed: what is waited for here is its end.
    const first = stage.startWorker({ name: 'first', env: { AUTOMATION_WORKER_LEASE_SECONDS: '15' } });
    const id = await stage.submit();
    const branch = `automation/${id}`;
    const kept = `refs/automation/${id}/attempt-1`;
    await eventually('the first commit is kept at the remote', () => stage.remote.ref(kept) !== null);
    await eventually('the model is being waited for', () => isHanging);
    await first.kill();
    await eventually('its agent is gone', () => processesWith(`AUTOMATION_REQUEST_ID=${id}`).length === 0);

    stage.startWorker({ name: 'second' });
    const { request, attempt } = await stage.ended(id, 2);
    expect(attempt).toMatchObject({ worker: 'second', outcome: 'succeeded' });
    expect(request).toMatchObject({
      status: 'completed',
      retry_count: 1,
      milestones: [
        { id: 'm1', status: 'completed' },
        { id: 'm2', status: 'completed' },
      ],
    });
    const commits = runGit(stage.remote.url, 'log', '--format=%s', `main..${branch}`).split('\n');
    expect(commits).toEqual(['Add m2.txt', 'Add m1.txt']);
    const planned = stage.model.turns.filter(({ told }) => told.some((it) => it.startsWith('Plan the automation')));
    expect(new Set(planned.map(({ headers }) => headers['x-claude-code-session-id'])).size).toBe(1);
  });
});
