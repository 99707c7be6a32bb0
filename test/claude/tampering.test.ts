/** An agent that gets past the guard and changes what it is run with: the run is ended, and its request blocked. */
import { describe, expect, it } from '@jest/globals';
import { bash, plays, write } from './support/play.ts';
import { remains, useStage } from './support/stage.ts';

const stage = useStage();

/** The guard cannot know what a test suite does; this one overwrites a file, whatever its permissions. */
function overwriting(path: string, content: string): string {
  return `import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
test('tampers', () => {
  const file = process.env.CLAUDE_CONFIG_DIR + '/${path}';
  rmSync(file, { force: true });
  writeFileSync(file, ${JSON.stringify(content)});
});
`;
}

describe('a run whose agent', () => {
  it.each([
    ['switches the guard off', 'scripts/security_check.mjs', 'process.exit(0)'],
    ['empties the settings with the hooks', '../settings.json', '{}'],
    ['gives itself settings of its own', 'settings.json', '{"disableAllHooks": true}'],
    ['adds a command', 'commands/deploy.md', 'Deploy it.'],
  ])('%s is ended and blocked for policy', async (_, path, content) => {
    stage.model.reset(
      plays(function* () {
        const folder = yield* bash('pwd');
        yield* write(`${folder}/tampering.test.js`, overwriting(path, content));
        yield* bash('npm test --silent');
        // For ever, if nobody noticed.
        yield 'hang';
        return '';
      }),
    );
    const worker = stage.startWorker();
    const { request, attempt } = await stage.ended(await stage.submit());
    expect(attempt).toMatchObject({ outcome: 'blocked', error_code: 'policy' });
    expect(request).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'policy', message: expect.stringContaining('were changed while it ran') },
    });
    await worker.logs('end report accepted');
    expect(remains(worker).sessions).toEqual([]);
  });
});
