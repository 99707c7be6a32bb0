/** Classifies an address: the automation service, this machine, or elsewhere. */
import { isDynamic } from './words.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const LOOPBACK = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f:]+\]|.*\.localhost)$/;

/**
 * The ways code may write the service's host and port.
 *
 * @param {Context} context
 */
export function apiHosts(context) {
  if (!context.apiUrl || !URL.canParse(context.apiUrl)) return [];
  const { hostname, port, host } = new URL(context.apiUrl);
  if (!LOOPBACK.test(hostname)) return [host];
  return ['localhost', '127.0.0.1', '0.0.0.0', '[::1]', '127.1'].map((name) => (port ? `${name}:${port}` : name));
}

/**
 * @param {string} text an address, with or without its scheme
 * @param {Context} context
 * @returns {'api' | 'loopback' | 'other' | 'file' | 'unknown'}
 */
export function placeOf(text, context) {
  if (isDynamic(text.split('?', 1)[0] ?? '')) {
    // With a literal host the target is known even if path or port are not.
    const start = /^(?:https?:\/\/)?([A-Za-z0-9.-]+|\[[0-9a-f:.]+\])([:/?])/.exec(text);
    if (!start || isDynamic(start[0])) return 'unknown';
    return LOOPBACK.test(start[1] ?? '') ? 'loopback' : 'other';
  }
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (/^file:/i.test(address)) return 'file';
  if (!URL.canParse(address)) return 'unknown';
  const url = new URL(address);
  const api = context.apiUrl && URL.canParse(context.apiUrl) ? new URL(context.apiUrl) : undefined;
  const local = LOOPBACK.test(url.hostname);
  if (api) {
    const samePort = portOf(url) === portOf(api);
    if (samePort && (url.hostname === api.hostname || (local && LOOPBACK.test(api.hostname)))) return 'api';
  }
  return local ? 'loopback' : 'other';
}

/** @param {URL} url */
function portOf(url) {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}
