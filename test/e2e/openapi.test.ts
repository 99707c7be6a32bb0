import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { clientTypes, documentText } from '../../scripts/openapi-files.ts';
import { DOCUMENT_FILE } from '../support/openapi.ts';
import { useServer } from '../support/ways.ts';

const TYPES_FILE = new URL('../../src/client/schema.ts', import.meta.url);

// When one of these fails after a change of the API or the client: npm run openapi, and look at what it changed.
describe('what is committed of the API', () => {
  const running = useServer('engine in process');
  const served = async (): Promise<object> => (await running.api.send({ path: '/openapi.json' })).body;

  it('is the document that the server serves', async () => {
    expect(documentText(await served())).toBe(readFileSync(DOCUMENT_FILE, 'utf8'));
  });

  it('is the client made from that document', async () => {
    expect(await clientTypes(await served())).toBe(readFileSync(TYPES_FILE, 'utf8'));
  });

  it('is the client that the kit brings along', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const bundler = (await import(join(root, 'scripts/bundle-kit.mjs'))) as {
      readonly CLIENT: string;
      bundleClient(root: string): Promise<string>;
    };
    expect(await bundler.bundleClient(root)).toBe(readFileSync(join(root, bundler.CLIENT), 'utf8'));
  });
});
