import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { NodeOptions } from '../node/options.ts';

export const USAGE = `embedded-eventstoredb: an EventStoreDB node that keeps its events in SQLite

  embedded-eventstoredb --data-dir DIR [options]     run a node on the events in DIR (created if missing)
  embedded-eventstoredb --in-memory [options]        run a node that keeps nothing after it ends
  embedded-eventstoredb integrity --data-dir DIR     check every event in DIR, while no node has it open

Options:
  --port PORT              port to listen on (default 2113; 0 for any free port)
  --host HOST              address to listen on (default 127.0.0.1)
  --max-append-size BYTES  maximum size of one append (default 1048576)
  --tls-cert FILE          certificate (PEM); with --tls-key, the node uses TLS
  --tls-key FILE           private key (PEM) of the certificate
  --tls-ca FILE            written as tlsCAFile into the printed connection string
  --users-file FILE        JSON object of names and passwords; needs TLS
  --exit-with-parent       stop when standard input ends, as it does when the parent dies
  --help                   show this text
  --version                show the version

When the node is ready it prints one line: the connection string for clients. SIGTERM and SIGINT stop it gracefully.
`;

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'integrity'; readonly dataDir: string }
  | { readonly kind: 'run'; readonly options: NodeOptions; readonly exitWithParent: boolean };

/** Invalid command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments after the program's name. Throws UsageError, or a system error if a file cannot be read. */
export function readArguments(args: string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const [command, ...rest] = positionals;
  if (rest.length > 0 || (command !== undefined && command !== 'integrity')) {
    throw new UsageError(`Unknown command '${positionals.join(' ')}'`);
  }
  const dataDir = values['data-dir'];
  if (command === 'integrity') {
    if (dataDir === undefined) throw new UsageError('integrity needs --data-dir');
    return { kind: 'integrity', dataDir };
  }
  if ((dataDir === undefined) === !values['in-memory']) throw new UsageError('Use either --data-dir or --in-memory');
  return { kind: 'run', options: nodeOptions(values), exitWithParent: values['exit-with-parent'] ?? false };
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'data-dir': { type: 'string' },
        'in-memory': { type: 'boolean' },
        port: { type: 'string', default: '2113' },
        host: { type: 'string', default: '127.0.0.1' },
        'max-append-size': { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'tls-ca': { type: 'string' },
        'users-file': { type: 'string' },
        'exit-with-parent': { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function nodeOptions(values: Values): NodeOptions {
  const certificateFile = values['tls-cert'];
  const keyFile = values['tls-key'];
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new UsageError('--tls-cert and --tls-key must be used together');
  }
  const caFile = values['tls-ca'];
  const usersFile = values['users-file'];
  return {
    ...(values['data-dir'] === undefined ? { inMemory: true } : { dataDir: values['data-dir'] }),
    port: wholeNumber('--port', values.port),
    host: values.host,
    ...(certificateFile !== undefined && keyFile !== undefined
      ? {
          tls: {
            certificate: readFileSync(certificateFile, 'utf8'),
            key: readFileSync(keyFile, 'utf8'),
            ...(caFile === undefined ? {} : { caFile }),
          },
        }
      : {}),
    ...(usersFile === undefined ? {} : { users: readUsers(usersFile) }),
    ...(values['max-append-size'] === undefined
      ? {}
      : { maxAppendSize: wholeNumber('--max-append-size', values['max-append-size']) }),
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${name} must be a whole number, not '${text}'`);
  return Number(text);
}

function readUsers(file: string): Record<string, string> {
  const users: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isObject = typeof users === 'object' && users !== null && !Array.isArray(users);
  if (!isObject || !Object.values(users).every((password) => typeof password === 'string')) {
    throw new UsageError(`${file} must contain one JSON object of names and passwords`);
  }
  return users as Record<string, string>;
}
