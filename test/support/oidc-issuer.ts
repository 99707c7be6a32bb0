import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** An identity provider on loopback: discovery, keys and tokens, valid and invalid. */
export class OidcIssuer {
  readonly #server: Server;
  #keys: SigningKey[] = [newSigningKey()];
  /** How often its keys were fetched. */
  keyFetches = 0;
  /** Path of its keys. At earlier paths it keeps serving the keys it had then. */
  keysPath = '/keys';
  readonly #left = new Map<string, readonly SigningKey[]>();
  /** What it answers instead while it is broken. */
  trouble: number | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OidcIssuer> {
    const server = createServer();
    const issuer = new OidcIssuer(server);
    server.on('request', (request, response) => {
      response.setHeader('Content-Type', 'application/json');
      if (issuer.trouble !== null) response.writeHead(issuer.trouble).end('{}');
      else if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: issuer.url + issuer.keysPath }));
      } else {
        issuer.keyFetches += 1;
        response.end(JSON.stringify({ keys: (issuer.#left.get(request.url ?? '') ?? issuer.#keys).map(jwkOf) }));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get publicKeyPem(): string {
    return this.#newest.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** Signs with a new key from now on. The old key stays published or not. */
  rotate({ keepOld }: { keepOld: boolean }): void {
    this.#keys = [newSigningKey(), ...(keepOld ? this.#keys : [])];
  }

  /** A valid token, except for the given claims. */
  token(claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}): string {
    const { kid, privateKey } = this.#newest;
    return jwt({ alg: 'RS256', typ: 'JWT', kid, ...header }, this.claims(claims), (bytes) =>
      sign('sha256', bytes, privateKey),
    );
  }

  /** Signs with a new key that is published at a different path. */
  moveTo(keysPath: string): void {
    this.#left.set(this.keysPath, this.#keys);
    this.keysPath = keysPath;
    this.#keys = [newSigningKey()];
  }

  claims(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1_000);
    return { iss: this.url, aud: 'automation', sub: 'alice', iat: now, exp: now + 300, roles: ['operator'], ...more };
  }

  get kid(): string {
    return this.#newest.kid;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #newest(): SigningKey {
    const [key] = this.#keys;
    if (!key) throw new Error('The issuer has no key.');
    return key;
  }
}

export function jwt(header: object, claims: object, signer: (bytes: Buffer) => Buffer): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${signer(Buffer.from(signed)).toString('base64url')}`;
}

export function newSigningKey(): SigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

function jwkOf({ kid, publicKey }: SigningKey): object {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}
