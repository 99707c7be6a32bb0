import { statSync } from 'node:fs';
import type { Logger } from '../observability/logger.ts';

const OTHERS = 0o006;

/** Says so when every user of the machine can read or change a file that holds a secret; `variable` names it. Never throws. */
export function warnOfReaders(variable: string, file: string, logger: Logger): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return;
  const octal = (mode & 0o777).toString(8);
  logger.warn(`${variable}: every user of this machine can read or change ${file} (mode ${octal}): chmod 600 it`);
}
