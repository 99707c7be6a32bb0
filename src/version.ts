import { readFileSync } from 'node:fs';

/** Of this service, from its package.json. */
export const SERVICE_VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
