import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AccessConfig } from './access-config.ts';
import { Access } from './access.ts';
import type { ApiKey, KeyRegistryState } from './keys/key-events.ts';
import { newKey } from './keys/key-format.ts';
import type { KeyRegistry } from './keys/key-registry.ts';
import { Signer } from '../infrastructure/security/signing.ts';

const KEY = { id: 'k-1', name: 'olga', role: 'operator', revoked_at: null, expires_at: null, digest: '00' } as ApiKey;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined } as unknown as Logger;

/** The registry has been read, and holds these keys. */
let read: (...keys: readonly ApiKey[]) => void;
beforeEach(() => {
  read = () => undefined;
});

function access(config: Partial<AccessConfig> = {}): Access {
  const registry = {
    onChange: (listener: (state: KeyRegistryState) => void) => {
      read = (...keys) => {
        listener({ keys: new Map(keys.map((key) => [key.id, key])), remembered: new Map() });
      };
    },
  } as unknown as KeyRegistry;
  const parts = { registry, signer: new Signer(['a secret of some length']), oidc: null, logger: quiet };
  return new Access({
    ...parts,
    config: { keysFile: null, oidc: null, ...config } as AccessConfig,
    nowMs: Date.now,
  });
}

describe('a service without keys', () => {
  it('is open once the registry has been read, and not before', () => {
    const service = access();
    expect([service.isOpen, service.isKnown]).toEqual([false, false]);
    read();
    expect([service.isOpen, service.isKnown]).toEqual([true, true]);
  });

  it('is closed by its first key, and stays closed when the last one is revoked', () => {
    const service = access();
    read();
    read(KEY);
    expect(service.isOpen).toBe(false);
    read({ ...KEY, revoked_at: '2030-01-01T00:00:00.000Z' });
    expect([service.isOpen, service.isKnown]).toEqual([false, true]);
  });

  it('is never open if it has a keys file or an identity provider', () => {
    for (const config of [{ keysFile: { path: 'keys', text: '', keys: [] } }, { oidc: {} }]) {
      const service = access(config as unknown as Partial<AccessConfig>);
      expect([service.isOpen, service.isKnown]).toEqual([false, true]);
      read();
      expect(service.isOpen).toBe(false);
    }
  });
});

describe('an unknown key', () => {
  it('is not refused for good until the registry has been read', () => {
    const service = access();
    const key = newKey();
    expect(service.identify(key)).toMatchObject({ fault: 'keys-not-known', unavailable: true });
    read();
    expect(service.identify(key)).toEqual({ name: null, scopes: null, fault: 'unknown-key' });
  });
});
