/**
 * Connection strings of EventStoreDB: split so that user and password travel apart from the rest, completed with the
 * options that make a lost server noticed in time, and kept out of every message.
 */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A connection string without its secrets, and the secrets. */
export interface Connection {
  /** Scheme and hosts, as in `esdb://host:2113`. */
  readonly target: string;
  /** Options in the order of the string, completed with ours. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly credentials: Credentials | null;
}

/**
 * With these a dead connection is noticed within 8 s instead of 20; and a cluster without a leader is asked again for
 * about two seconds. What the user's string says goes before.
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
/** A host, or an address in brackets, and a port. */
const place = /^(?:[^:\s]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** For people. `kurrentdb://` is the newer name of the same. */
export const CONNECTION_STRING_FORM =
  'esdb://[user:password@]host:port[,host:port…][?option=value&…], with special characters percent-encoded (# is %23)';
const wanted = CONNECTION_STRING_FORM;

/** Throws an error that says what is wrong without repeating the string: it may hold a password in an unexpected place. */
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
    // False would turn a failed append into a result that looks like a success.
    if (flat(name) !== 'throwonappendfailure') options.push([name, pair.slice(equals + 1)]);
  }
  const given = new Set(options.map(([name]) => flat(name)));
  const cluster = scheme.includes('discover') || hosts.includes(',');
  for (const [name, value] of Object.entries(cluster ? clusterDefaults : singleNodeDefaults)) {
    if (!given.has(flat(name))) options.push([name, value]);
  }
  // The client knows the older name alone.
  return {
    target: `${scheme.replace('kurrentdb', 'esdb')}${hosts}`,
    options,
    credentials: credentialsOf(user, password),
  };
}

/**
 * The string for the client, without secrets. Clients with equal options share a connection, dead or not, so each
 * `generation` of a client gets another keepalive timeout, a millisecond longer.
 */
export function clientConnectionString(connection: Connection, generation: number): string {
  const options = connection.options.map(([name, value]) => {
    if (flat(name) !== 'keepalivetimeout' || generation === 0) return `${name}=${value}`;
    const timeout_ms = Number.parseInt(value);
    // -1 means "never"; a day is as good and can be told apart.
    return `${name}=${(timeout_ms < 0 ? 86_400_000 : timeout_ms) + generation}`;
  });
  return `${connection.target}?${options.join('&')}`;
}

/** Takes the password out of a text, however it is written there. */
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

/** The client knows an option by its letters alone. */
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
