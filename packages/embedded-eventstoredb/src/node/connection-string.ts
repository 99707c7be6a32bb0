import type { NodeOptions } from './options.ts';

/** The connection string for clients on this machine. */
export function connectionString(options: NodeOptions, port: number): string {
  const { host = '127.0.0.1', tls } = options;
  const isAny = host === '0.0.0.0' || host === '::';
  const reachable = isAny ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const name = tls && isAny ? 'localhost' : reachable;
  const security = tls ? `tls=true${tls.caFile ? `&tlsCAFile=${tls.caFile}` : ''}` : 'tls=false';
  return `esdb://${name}:${port}?${security}`;
}
