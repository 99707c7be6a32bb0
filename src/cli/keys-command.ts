/**
 * `npm run keys`: makes, lists, rotates and revokes API keys, by the API of a running service, or in a file of hashed keys.
 *
 * A secret goes to standard output, alone, so that it can be sent where it belongs; everything else goes to standard error.
 */
import { parseArgs } from 'node:util';
import { isKeyName, KEY_NAME_RULE } from '../access/keys/keys-file.ts';
import { isRole, ROLES } from '../access/scopes.ts';
import type { KeysApi, ListedKey } from './keys-api.ts';
import { connectKeysApi } from './keys-api.ts';
import { addToKeysFile } from './keys-file-edit.ts';

const USAGE = `Usage: npm run --silent keys -- COMMAND [options]

  create --role ROLE --name NAME [--expires-in 90d] [--file FILE]
  list   [--json]
  rotate NAME|ID [--overlap 1h] [--expires-in 90d]
  revoke NAME|ID [--reason TEXT]

Roles: ${ROLES.join(', ')}. Times: 30m, 12h, 90d.

The secret of a new key is printed once, to standard output. Commands go to AUTOMATION_API_URL (http://127.0.0.1:8000) with the
admin key in AUTOMATION_API_KEY_FILE; without one, on the server itself, with its secret (AUTOMATION_SECRET_FILE, else DATA_DIR/secret).
With --file no service is needed: the new key is added, hashed, to a file for AUTOMATION_API_KEYS_FILE.
`;

/** Wrong words on the command line. */
class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parse(argv);
  const [command, target, ...more] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  if (more.length > 0) throw new UsageError(`There is one word too many: ${more.join(' ')}.`);
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
      throw new UsageError(`There is no command ${command}.`);
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
      `Added ${name} (${role}) to ${file}. The service reads it again within seconds where AUTOMATION_API_KEYS_FILE names it.`,
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
    say('Until now this service was open to everyone on this machine; from here on every call needs a key.');
    if (role !== 'admin') say('Your own: npm run --silent keys -- create --role admin --name YOU');
  }
}

async function list(api: KeysApi, asJson: boolean): Promise<void> {
  const keys = await api.list();
  if (asJson) {
    process.stdout.write(`${JSON.stringify(keys, null, 2)}\n`);
    return;
  }
  if (keys.length === 0) say('There are no keys of the API. Keys of AUTOMATION_API_KEYS_FILE are in that file.');
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
  say(`${name} is revoked: its secret opens nothing any more.`);
}

/** By id, or by the name of the one key that is not revoked. */
async function find(api: KeysApi, target: string): Promise<ListedKey> {
  const keys = await api.list();
  const found = keys.filter(({ id, name, status }) => id === target || (name === target && status !== 'revoked'));
  const [key] = found;
  if (key === undefined) throw new Error(`There is no key ${target} that is not revoked.`);
  if (found.length > 1) throw new Error(`There are ${found.length} keys ${target}: name one by its id (see list).`);
  return key;
}

function required(target: string | undefined): string {
  if (target === undefined) throw new UsageError('Name the key, or give its id.');
  return target;
}

function expiry(term: string | undefined): string | null {
  if (term === undefined) return null;
  return new Date(Date.now() + seconds(term, '--expires-in') * 1_000).toISOString();
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(term: string, option: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(term);
  if (!match) throw new UsageError(`${option} takes a time such as 30m, 12h or 90d.`);
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
  if (error instanceof UsageError) say('npm run keys -- --help tells more.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
