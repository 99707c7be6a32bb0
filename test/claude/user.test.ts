/** Claude Code as another user than its worker, which only root can have it do. */
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { byTheKit } from './support/kit-play.ts';
import { bash, plays, write } from './support/play.ts';
import { CLAUDE, remains, useStage } from './support/stage.ts';

const NOBODY = 65_534;
/** Where project and tests lie in a closed folder, no other user can run anything of them. */
const canRun = (program: string): boolean =>
  process.getuid?.() === 0 &&
  spawnSync(program, ['--version'], { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'ignore', env: {} }).status === 0;
const asNobody = canRun(CLAUDE) && canRun(process.execPath) ? describe : describe.skip;

/** What a test suite of the project finds out of what the agent's user can do. */
const PROBE = `import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
test('probes', () => {
  const config = process.env.CLAUDE_CONFIG_DIR;
  const attempt = (what) => { try { what(); return 'done'; } catch (error) { return error.code; } };
  console.log('SAID ' + JSON.stringify({
    uid: process.getuid(),
    overwriteGuard: attempt(() => writeFileSync(config + '/scripts/security_check.mjs', '')),
    overwriteSettings: attempt(() => writeFileSync(config + '/../settings.json', '')),
    readJournal: attempt(() => readFileSync(config + '/../../../attempts')),
  }));
});
`;

asNobody('an agent of a user of its own', () => {
  const stage = useStage();

  it('works with the kit, and can change neither guard nor settings', async () => {
    chmodSync(stage.remote.folder, 0o711);
    let said = '';
    stage.model.reset(
      plays(
        byTheKit({
          milestones: () => ['m1'],
          *first() {
            const folder = yield* bash('pwd');
            yield* write(`${folder}/probe.test.js`, PROBE);
            said = yield* bash('npm test --silent');
            yield* bash('rm probe.test.js');
          },
        }),
      ),
    );
    const worker = stage.startWorker({ args: ['--run-as', 'nobody'] });
    const { request, attempt } = await stage.ended(await stage.submit());
    expect(attempt).toMatchObject({ outcome: 'succeeded' });
    expect(request).toMatchObject({ status: 'completed', milestones: [{ id: 'm1', status: 'completed' }] });
    expect(JSON.parse(/SAID (\{.*\})/.exec(said)?.[1] ?? 'null')).toEqual({
      uid: NOBODY,
      overwriteGuard: 'EACCES',
      overwriteSettings: 'EACCES',
      readJournal: 'EACCES',
    });
    await worker.logs('end report accepted');
    expect(remains(worker)).toEqual({ sessions: [], transcripts: [attempt.session_id] });
    const kept = join(worker.folder, 'state/claude-worker/transcripts', attempt.session_id);
    expect(readdirSync(kept).sort()).toEqual(['hooks', 'projects']);
  });
});
