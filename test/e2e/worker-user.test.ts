/** An agent that runs as another user than its worker, which only root can have it do. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptEnded } from '../support/attempts.ts';
import { processesWith } from '../support/processes.ts';
import { Remote } from '../support/repository.ts';
import { expectNothingStranded } from '../support/stranded.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';
import { WorkerProcess } from '../support/worker.ts';

const NOBODY = 65_534;
const nobodyIsThere = /^nobody:[^:]*:65534:/m.test(readFileSync('/etc/passwd', 'utf8'));
const asRoot = process.getuid?.() === 0 && nobodyIsThere ? describe : describe.skip;

asRoot('an agent of a user of its own', () => {
  const running = useServer('engine in process');
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await expectNothingStranded(running.api);
    for (const { id } of await running.api.all('/requests?status=pending'))
      await running.api.post(`/requests/${id}/cancel`);
  });

  /** The agent is a script for the shell, which every user can run, and tells what it finds in a folder where everybody may write. */
  function start(script: string, env: Readonly<Record<string, string>> = {}) {
    const remote = new Remote();
    const folder = mkdtempSync(join(tmpdir(), 'automation-user-test-'));
    const told = join(folder, 'told');
    chmodSync(folder, 0o777);
    writeFileSync(join(folder, 'secret'), 'of the worker', { mode: 0o600 });
    const worker = new WorkerProcess({
      apiUrl: running.server.url,
      folder,
      env: {
        AUTOMATION_REPOSITORY: remote.url,
        AUTOMATION_AGENT_USER: 'nobody',
        AUTOMATION_AGENT_ENV: 'TOLD,SECRET',
        AUTOMATION_AGENT_COMMAND: JSON.stringify(['/bin/sh', '-c', script, 'sh', '{id}']),
        TOLD: told,
        SECRET: join(folder, 'secret'),
        ...env,
      },
    });
    closing.push(
      () => remote.dispose(),
      () => worker.dispose(),
    );
    return { remote, worker, told };
  }

  const ended = async (id: string) => (await attemptEnded(running.api, id)).attempt;

  it('runs as that user, commits, and has its work published', async () => {
    const script =
      'id -u > $TOLD; id -G >> $TOLD; echo $HOME >> $TOLD; echo a > a.txt; git add a.txt && git commit -qm a';
    const { remote, told, worker } = start(script);
    const { id } = await running.api.submit();
    expect(await ended(id)).toMatchObject({ outcome: 'succeeded' });
    expect(readFileSync(told, 'utf8')).toBe(`${NOBODY}\n${NOBODY}\n/nonexistent\n`);
    expect(remote.at(`refs/automation/${id}/attempt-1`)).toMatchObject({ files: ['README.md', 'a.txt'], commits: 2 });
    await worker.logs('end report accepted');
    expect(worker.log.filter((it) => String(it.msg).includes('can read whatever'))).toEqual([]);
  });

  it("cannot read the worker's files, journal, mirror or environment", async () => {
    const script = [
      'state=$(dirname $(dirname $(dirname $(pwd))))',
      'for f in $SECRET $state $state/attempts $state/repository $state/repository/mirror.git/config /proc/$PPID/environ; do',
      '  if cat "$f" >/dev/null 2>&1 || ls "$f/" >/dev/null 2>&1; then echo "read $f" >> $TOLD; fi',
      'done',
      '[ -d $state/repository ] && echo end >> $TOLD',
    ];
    const { told } = start(script.join('\n'));
    const { id } = await running.api.submit();
    await ended(id);
    expect(readFileSync(told, 'utf8')).toBe('end\n');
  });

  it('is ended at its limit with everything it started', async () => {
    const script = 'trap "" TERM; setsid sleep 600 & echo $AUTOMATION_RUN_ID > $TOLD; while :; do sleep 1; done';
    const { told } = start(script, { AUTOMATION_AGENT_TOTAL_SECONDS: '1' });
    const { id } = await running.api.submit();
    expect(await ended(id)).toMatchObject({ outcome: 'failed', error_code: 'agent-timeout' });
    expect(processesWith(`AUTOMATION_RUN_ID=${readFileSync(told, 'utf8').trim()}`)).toEqual([]);
  });

  it('dies with its worker', async () => {
    const { told, worker } = start('setsid sleep 600 & echo $AUTOMATION_RUN_ID > $TOLD; sleep 600');
    await running.api.submit();
    await until('it runs', () => existsSync(told) && readFileSync(told, 'utf8').endsWith('\n'));
    const mark = `AUTOMATION_RUN_ID=${readFileSync(told, 'utf8').trim()}`;
    await worker.kill();
    await until('it is gone', () => processesWith(mark).length === 0);
  });

  it.each([
    ['no-such-user', 'no-such-user is not'],
    ['root', 'other than root'],
  ])('cannot be %s', async (user, words) => {
    const { worker } = start('true', { AUTOMATION_AGENT_USER: user });
    expect((await worker.exited).code).toBe(2);
    expect(worker.stderr).toContain(words);
  });

  it('needs a state folder that the user can reach', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'automation-closed-'));
    const { worker } = start('true', { AUTOMATION_WORKER_STATE_DIR: join(closed, 'state') });
    expect((await worker.exited).code).toBe(2);
    expect(worker.stderr).toContain('cannot get to');
    rmSync(closed, { recursive: true });
  });
});
