/**
 * Parses EventStoreDB connection strings: separates the credentials from the rest, so that they stay out of all messages, and adds
 * options so that a lost server is noticed in time.
 */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A parsed connection string, with the credentials separate. */
export interface Connection {
  /** Scheme and hosts, as in `esdb://host:2113`. */
  readonly target: string;
  /** Options in the order of the string, followed by our defaults. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly credentials: Credentials | null;
}

/**
 * Default options, which the connection string overrides. A dead connection is noticed within 8 s instead of 20, and leader discovery in
 * a cluster is retried for about 2 s.
 */
const singleNodeDefaults: Readonly<Record<string, string>> = {
  keepAliveInterval: '5000',
  keepAliveTimeout: '3000',
  defaultDeadline: '2000',
};
const clusterDefaults: Readonly<Record<string, string>> = {
  ...singleNodeDefaults,
  nodePreference: 'leader',
  maxDiscoverAttempts: '10',
  discoveryInterval: '200',
  gossipTimeout: '2',
};

const form = /^((?:esdb|kurrentdb)(?:\+discover)?:\/\/)(?:([^:@/?#]+):([^@/?#]+)@)?([^@/?#]+)\/*(?:\?([^?#]*))?$/;
/** A host, or an IPv6 address in brackets, with an optional port. */
const place = /^(?:[^:\s]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** For error messages. `kurrentdb://` is a newer name for the same scheme. */
export const CONNECTION_STRING_FORM =
  'esdb://[user:password@]host:port[,host:port…][?option=value&…], with special characters percent-encoded (# is %23)';
const wanted = CONNECTION_STRING_FORM;

/** Throws an `Error` if the string is malformed. The message does not repeat it, because it may contain a password anywhere. */
export function parseConnectionString(text: string): Connection {
  const match = form.exec(text.trim());
  if (!match?.[4]?.split(',').every((host) => place.test(host)))
    throw new Error(`The event store's connection string is not of the form ${wanted}.`);
  const [, scheme = '', user, password, hosts = '', query = ''] = match;
  const options: (readonly [string, string])[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 1 || equals === pair.length - 1) {
      throw new Error(`An option in the event store's connection string has no value; wanted is ${wanted}.`);
    }
    const name = pair.slice(0, equals);
    // Ignored: `false` would make a failed append look like a success.
    if (flat(name) !== 'throwonappendfailure') options.push([name, pair.slice(equals + 1)]);
  }
  const given = new Set(options.map(([name]) => flat(name)));
  const cluster = scheme.includes('discover') || hosts.includes(',');
  for (const [name, value] of Object.entries(cluster ? clusterDefaults : singleNodeDefaults)) {
    if (!given.has(flat(name))) options.push([name, value]);
  }
  // The client only knows the older scheme.
  return {
    target: `${scheme.replace('kurrentdb', 'esdb')}${hosts}`,
    options,
    credentials: credentialsOf(user, password),
  };
}

/**
 * The connection string for the client, without credentials. Clients with equal options share a connection, even a dead one, so each
 * `generation` gets a keepalive timeout one millisecond longer.
 */
export function clientConnectionString(connection: Connection, generation: number): string {
  const options = connection.options.map(([name, value]) => {
    if (flat(name) !== 'keepalivetimeout' || generation === 0) return `${name}=${value}`;
    const timeoutMs = Number.parseInt(value);
    // -1 means no timeout; a day is as good, and can be incremented.
    return `${name}=${(timeoutMs < 0 ? 86_400_000 : timeoutMs) + generation}`;
  });
  return `${connection.target}?${options.join('&')}`;
}

/** Returns a function that redacts the password, in all its encodings. */
export function redactor(connection: Connection | null): (text: string) => string {
  const credentials = connection?.credentials;
  if (!credentials) return (text) => text;
  const { username, password } = credentials;
  const secrets = [
    Buffer.from(`${username}:${password}`).toString('base64'),
    password,
    encodeURIComponent(password),
    encodeURI(password),
  ];
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

/** Option names as the client compares them: without case, `_` and `-`. */
function flat(name: string): string {
  return name.trim().toLowerCase().replace(/[_-]/g, '');
}

function credentialsOf(user: string | undefined, password: string | undefined): Credentials | null {
  if (user === undefined || password === undefined) return null;
  try {
    return { username: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    throw new Error(
      `User or password in the event store's connection string is not percent-encoded; wanted is ${wanted}.`,
    );
  }
}
