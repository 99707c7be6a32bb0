/**
 * `npm run keys`: creates, lists, rotates and revokes API keys through the API of a running service, or adds keys to a file of hashed keys.
 *
 * A secret is printed alone on standard output, so that it can be piped; everything else goes to standard error.
 */
import { parseArgs } from 'node:util';
import { isKeyName, KEY_NAME_RULE } from '../access/keys/keys-file.ts';
import { isRole, ROLES } from '../access/scopes.ts';
import { ConfigError } from '../configuration/variables.ts';
import type { KeysApi, ListedKey } from './keys-api.ts';
import { connectKeysApi } from './keys-api.ts';
import { addToKeysFile } from './keys-file-edit.ts';

const USAGE = `Usage: npm run --silent keys -- COMMAND [options]

  create --role ROLE --name NAME [--expires-in 90d] [--file FILE]
  list   [--json]
  rotate NAME|ID [--overlap 1h] [--expires-in 90d]
  revoke NAME|ID [--reason TEXT]

Roles: ${ROLES.join(', ')}. Times: 30m, 12h, 90d.

The secret of a new key is printed once, to standard output. The commands call AUTOMATION_API_URL (http://127.0.0.1:8000) with the
admin key in AUTOMATION_API_KEY_FILE. Without one they use the server's own secret (AUTOMATION_SECRET_FILE, or DATA_DIR/secret), which
works on the server itself. With --file no service is needed: the new key is added, hashed, to a file for AUTOMATION_API_KEYS_FILE.
`;

/** Invalid command line. */
class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parse(argv);
  const [command, target, ...more] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  if (more.length > 0) throw new UsageError(`Unexpected arguments: ${more.join(' ')}.`);
  switch (command) {
    case 'create':
      return create(values);
    case 'list':
      return list(await connectKeysApi(process.env), values.json ?? false);
    case 'rotate':
      return rotate(await connectKeysApi(process.env), required(target), values);
    case 'revoke':
      return revoke(await connectKeysApi(process.env), required(target), values.reason);
    default:
      throw new UsageError(`Unknown command ${command}.`);
  }
}

interface Options {
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly file?: string | undefined;
  readonly 'expires-in'?: string | undefined;
  readonly overlap?: string | undefined;
  readonly reason?: string | undefined;
  readonly json?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function parse(argv: readonly string[]): { values: Options; positionals: string[] } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...{ role: text, name: text, file: text, 'expires-in': text, overlap: text, reason: text },
        ...{ json: flag, help: flag },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function create(options: Options): Promise<void> {
  const { role, name, file } = options;
  if (!isRole(role)) throw new UsageError(`--role must be one of ${ROLES.join(', ')}.`);
  if (!isKeyName(name)) throw new UsageError(`--name ${KEY_NAME_RULE}.`);
  const expires_at = expiry(options['expires-in']);
  if (file !== undefined) {
    show(await addToKeysFile(file, { name, role, expires_at }));
    say(
      `Added ${name} (${role}) to ${file}. If AUTOMATION_API_KEYS_FILE names this file, the service reloads it within seconds.`,
    );
    return;
  }
  const api = await connectKeysApi(process.env);
  const { wasOpen, key } = await api.create({ name, role, expires_at });
  show(key);
  say(
    `Created ${name} (${role})${expires_at === null ? '' : `, valid until ${expires_at}`}. This is the only time the key is shown.`,
  );
  if (wasOpen) {
    say('Until now this service was open to everyone on this machine; from now on every call needs a key.');
    if (role !== 'admin') say('Create one for yourself: npm run --silent keys -- create --role admin --name YOU');
  }
}

async function list(api: KeysApi, asJson: boolean): Promise<void> {
  const keys = await api.list();
  if (asJson) {
    process.stdout.write(`${JSON.stringify(keys, null, 2)}\n`);
    return;
  }
  if (keys.length === 0) say('The API has no keys. Keys of AUTOMATION_API_KEYS_FILE are listed in that file only.');
  const rows = keys.map((key) => [
    key.name,
    key.role,
    key.status,
    `${key.hint}…`,
    key.expires_at ?? 'never expires',
    key.last_used_at === null ? 'never used' : `used ${key.last_used_at}`,
    key.id,
  ]);
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  for (const row of rows) {
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

async function rotate(api: KeysApi, target: string, options: Options): Promise<void> {
  const { id, name } = await find(api, target);
  const overlap_seconds = options.overlap === undefined ? undefined : seconds(options.overlap, '--overlap');
  const { key, previous_valid_until } = await api.rotate(id, {
    overlap_seconds,
    expires_at: expiry(options['expires-in']) ?? undefined,
  });
  show(key);
  say(`${name} has a new secret. The old one is valid until ${previous_valid_until}.`);
}

async function revoke(api: KeysApi, target: string, reason: string | undefined): Promise<void> {
  const { id, name } = await find(api, target);
  await api.revoke(id, reason);
  say(`${name} is revoked: its secret no longer works.`);
}

/** Finds a key by id, or by name if exactly one key of that name is not revoked. */
async function find(api: KeysApi, target: string): Promise<ListedKey> {
  const keys = await api.list();
  const found = keys.filter(({ id, name, status }) => id === target || (name === target && status !== 'revoked'));
  const [key] = found;
  if (key === undefined) throw new Error(`No key has the name or id ${target}, or it is revoked.`);
  if (found.length > 1) throw new Error(`${found.length} keys are called ${target}; use the id of one (see list).`);
  return key;
}

function required(target: string | undefined): string {
  if (target === undefined) throw new UsageError('The name or id of a key is missing.');
  return target;
}

function expiry(term: string | undefined): string | null {
  if (term === undefined) return null;
  return new Date(Date.now() + seconds(term, '--expires-in') * 1_000).toISOString();
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(term: string, option: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(term);
  if (!match) throw new UsageError(`${option} takes a duration such as 30m, 12h or 90d.`);
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
}

function show(secret: string): void {
  process.stdout.write(`${secret}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) say('See npm run keys -- --help.');
  process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}
