import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/until.ts';

/** Between two looks: what is waited for here takes seconds, and looking costs the machine what the runs need. */
const PAUSE_MS = 200;

/** As `until`, for what is looked at over HTTP or by other programs. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(
    what,
    async () => {
      if (await condition()) return true;
      await delay(PAUSE_MS);
      return false;
    },
    200_000,
  );
}
