import { statSync } from 'node:fs';
import type { Logger } from '../observability/logger.ts';

const OTHERS = 0o006;

/** Warns if every user of the machine can read or change a secret file. `variable` is the setting that names the file. Never throws. */
export function warnOfReaders(variable: string, file: string, logger: Logger): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return;
  const octal = (mode & 0o777).toString(8);
  logger.warn(
    `${variable}: every user of this machine can read or change ${file} (mode ${octal}); run chmod 600 on it`,
  );
}
