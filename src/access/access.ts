import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { Signer } from '../infrastructure/security/signing.ts';
import type { AccessConfig } from './access-config.ts';
import type { ApiKey, Instant, KeyRegistryState } from './keys/key-events.ts';
import { looksLikeKey } from './keys/key-format.ts';
import type { KeyRegistry } from './keys/key-registry.ts';
import { KeyRing } from './keys/key-ring.ts';
import { KeysFileError, parseKeysFile, readKeysText } from './keys/keys-file.ts';
import { isLocalToken, LOCAL_ADMIN, looksLikeLocalToken } from './local-admin.ts';
import type { OidcVerifier } from './oidc.ts';
import { looksLikeJwt } from './oidc.ts';
import type { Scope } from './scopes.ts';
import { SCOPES } from './scopes.ts';

/** The holder of a credential, or why it is not accepted. `fault` goes into the record of refusals and is never shown to the caller. */
export type Identified =
  | { readonly name: string; readonly scopes: ReadonlySet<Scope>; readonly fault: null }
  | { readonly name: string | null; readonly scopes: null; readonly fault: string; readonly unavailable?: true };

export interface AccessHealth {
  readonly status: 'ok' | 'degraded';
  /** `open` means that there are no keys: everyone on this machine may do everything. */
  readonly mode: 'open' | 'keys';
  /** Code of the current problem with the keys or the identity provider; null when there is none. */
  readonly last_error: string | null;
}

/** How often the keys file and changes by other instances are read. A key revoked on this instance is void at once. */
const LOOK_EVERY_MS = 1_000;
const NOTE_USES_EVERY_MS = 3_600_000;
/** How long a start waits for the event store. Until the store answers, keys of the registry are not accepted. */
const FIRST_LOOK_MS = 3_500;
const ALL: ReadonlySet<Scope> = new Set(SCOPES);

/** Identifies the holders of all credentials except attempt tokens, and knows whether credentials are required. */
export class Access {
  readonly #config: AccessConfig;
  readonly #registry: KeyRegistry;
  readonly #signer: Signer;
  readonly #oidc: OidcVerifier | null;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #ring = new KeyRing();
  readonly #stop = new AbortController();
  /** Last use of keys, by key id, in epoch ms. Only uses not in the log yet. */
  readonly #uses = new Map<string, number>();
  /** The registry; null until it has been read once. Until then an unknown key may be valid. */
  #known: KeyRegistryState | null = null;
  /** Text of the keys file the current keys come from. */
  #fileText: string | null = null;
  #usesNotedAt = 0;
  /** The current problem with the keys file; null when there is none. */
  #fileFault: string | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: {
    readonly config: AccessConfig;
    readonly registry: KeyRegistry;
    readonly signer: Signer;
    readonly oidc: OidcVerifier | null;
    readonly logger: Logger;
    readonly nowMs: () => number;
  }) {
    this.#config = parts.config;
    this.#registry = parts.registry;
    this.#signer = parts.signer;
    this.#oidc = parts.oidc;
    this.#logger = parts.logger;
    this.#nowMs = parts.nowMs;
    this.#registry.onChange((state) => {
      this.#changed(state);
    });
  }

  /** Whether no credential is required: there never was a key, and neither a keys file nor an identity provider is configured. */
  get isOpen(): boolean {
    // Revoked keys count too: revoking the last one does not open the service.
    return this.#isOpenBut && this.#known?.keys.size === 0;
  }

  /** Whether it is known if credentials are required. False until the event store has been read, unless another source of keys exists. */
  get isKnown(): boolean {
    return this.#known !== null || !this.#isOpenBut;
  }

  /** Waits up to `limitMs` ms until {@link isKnown}. @returns whether it is */
  async becomesKnown(limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (!this.isKnown && performance.now() < end) {
      await delay(100);
      await this.#lookAtRegistry();
    }
    return this.isKnown;
  }

  health(): AccessHealth {
    const fileError = this.#fileFault === null ? null : 'keys-file-invalid';
    const last_error = fileError ?? this.#oidc?.lastError ?? (this.isKnown ? null : 'event-store-unavailable');
    return { status: last_error === null ? 'ok' : 'degraded', mode: this.isOpen ? 'open' : 'keys', last_error };
  }

  /** Identifies the holder of a credential. Returns a promise only for tokens of the identity provider. */
  identify(token: string): Identified | Promise<Identified> {
    const nowMs = this.#nowMs();
    if (looksLikeKey(token)) {
      const check = this.#ring.check(token, nowMs);
      if (check.fault === null) {
        const { name, scopes, keyId } = check.holder;
        if (keyId !== null) this.#uses.set(keyId, nowMs);
        return { name, scopes, fault: null };
      }
      if (check.fault === 'unknown-key' && this.#known === null) return UNAVAILABLE;
      return { name: check.name, scopes: null, fault: check.fault };
    }
    if (looksLikeLocalToken(token)) {
      const isGood = isLocalToken(this.#signer, token, nowMs);
      return isGood ? { name: LOCAL_ADMIN, scopes: ALL, fault: null } : refused('bad-local-token');
    }
    if (this.#oidc && looksLikeJwt(token)) return this.#oidc.verify(token);
    return refused('unknown-credential');
  }

  /** Last use of a key, as far as this instance knows; null for never. */
  lastUse(key: ApiKey): Instant | null {
    const here = this.#uses.get(key.id);
    const hereAt = here === undefined ? '' : new Date(here).toISOString();
    return hereAt > (key.last_used_at ?? '') ? hereAt : key.last_used_at;
  }

  /** Loads the keys. Resolves when they are known, or after {@link FIRST_LOOK_MS}. */
  async start(): Promise<void> {
    const { keysFile } = this.#config;
    if (keysFile) {
      this.#ring.setFileKeys(keysFile.keys);
      this.#fileText = keysFile.text;
      // The file may have changed since the configuration was read.
      this.#lookAtFile();
    }
    const late = delay(FIRST_LOOK_MS, undefined, { ref: false });
    await Promise.race([this.#lookAtRegistry(), late]);
    this.#say();
    this.#looking = this.#lookForEver();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
    await this.#noteUses().catch(() => undefined);
  }

  /** Whether the registry is the only possible source of keys. */
  get #isOpenBut(): boolean {
    return this.#config.keysFile === null && this.#config.oidc === null;
  }

  async #lookForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#lookAtRegistry();
      this.#lookAtFile();
      if (this.#usesAreDue()) await this.#noteUses().catch(() => undefined);
    }
  }

  /** Keeps the known keys when the event store is unavailable. */
  async #lookAtRegistry(): Promise<void> {
    await this.#registry.load().catch((error: unknown) => {
      this.#logger.debug({ err: error }, 'the API keys could not be read');
    });
  }

  /** Compares the whole text, because a changed file can have the same size and modification time. */
  #lookAtFile(): void {
    const { keysFile } = this.#config;
    if (!keysFile) return;
    try {
      const text = readKeysText(keysFile.path);
      if (text !== this.#fileText) {
        const keys = parseKeysFile(text);
        this.#ring.setFileKeys(keys);
        this.#fileText = text;
        this.#logger.info({ keys: keys.length }, 'API keys file reloaded');
      }
      this.#fileFault = null;
    } catch (error) {
      if (!(error instanceof KeysFileError)) throw error;
      if (error.message === this.#fileFault) return;
      this.#fileFault = error.message;
      this.#logger.error(`the API keys file ${error.message}; its previous keys stay valid`);
    }
  }

  #changed(state: KeyRegistryState): void {
    const wasOpen = this.isOpen;
    const isFirst = this.#known === null;
    this.#known = state;
    this.#ring.setRegistry(state);
    if (!isFirst && wasOpen && !this.isOpen) this.#logger.info('an API key exists now: every call needs one');
  }

  #say(): void {
    if (!this.isKnown) this.#logger.warn('the API keys are not loaded yet; until then every call is refused');
    else if (this.isOpen) {
      this.#logger.warn('no API keys: open to everyone on this machine, on its loopback address only');
    }
  }

  /** Uses are written hourly. The first use of a key is written soon, so that its issuer sees that it works. */
  #usesAreDue(): boolean {
    if (this.#uses.size === 0) return false;
    if (this.#nowMs() - this.#usesNotedAt >= NOTE_USES_EVERY_MS && this.#usesNotedAt > 0) return true;
    this.#usesNotedAt ||= this.#nowMs();
    return [...this.#uses.keys()].some((id) => this.#known?.keys.get(id)?.last_used_at === null);
  }

  async #noteUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    const noted = [...this.#uses];
    const uses = new Map(noted.map(([id, ms]) => [id, new Date(ms).toISOString()]));
    const callId = randomUUID();
    await this.#registry.noteUses(uses, { principal: 'system', callId, correlationId: callId });
    this.#usesNotedAt = this.#nowMs();
    for (const [id, ms] of noted) if (this.#uses.get(id) === ms) this.#uses.delete(id);
  }
}

const UNAVAILABLE: Identified = { name: null, scopes: null, fault: 'keys-not-known', unavailable: true };

function refused(fault: string): Identified {
  return { name: null, scopes: null, fault };
}
