import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKey } from '../../src/access/keys/key-format.ts';

/** An admin key. A server started with `env` knows it, and is not open to others. */
export class AdminKey {
  readonly key = newKey();
  readonly env: Readonly<Record<string, string>>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'automation-admin-key-'));

  constructor() {
    const file = join(this.#folder, 'keys.json');
    const sha256 = createHash('sha256').update(this.key).digest('hex');
    writeFileSync(file, JSON.stringify({ keys: [{ name: 'admin', role: 'admin', sha256 }] }));
    this.env = { AUTOMATION_API_KEYS_FILE: file, AUTOMATION_RATE_LIMIT: 'off' };
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
