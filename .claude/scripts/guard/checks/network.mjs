/** Other machines: reading from them is open, sending is not; and the automation service is spoken to by the kit alone. */
import { checkTarget, checkWrite } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { hasShort, operandsOf, valuesOf } from '../options.mjs';
import { isDynamic } from '../words.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 * @typedef {import('../context.mjs').Context} Context
 */

const LOOPBACK = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f:]+\]|.*\.localhost)$/;

/**
 * How the service may be written in code: host and port.
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
    // With the host written out, an open path or port still says where it goes.
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

/** Options of curl and wget that are followed by a value. */
const CURL =
  '-X --request -H --header -d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form -o --output -u --user -A --user-agent -e --referer -b --cookie -c --cookie-jar -x --proxy -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -w --write-out -T --upload-file -K --config -E --cert --key --cacert --resolve --connect-to -D --dump-header --url --output-dir --unix-socket -r --range -y -Y -z --limit-rate --interface --form-string --oauth2-bearer --netrc-file --stderr --trace --trace-ascii'.split(
    ' ',
  );
const SENDING = /^(-d|--data.*|--json|-F|--form.*|-T|--upload-file|--post-data.*|--post-file.*|--body-.*)$/;

/** @type {Check} */
function fetcher(args, call, name) {
  const curl = name === 'curl';
  const valued = curl
    ? CURL
    : [
        '-O',
        '--output-document',
        '-P',
        '--directory-prefix',
        '--header',
        '-U',
        '--user-agent',
        '--post-data',
        '--post-file',
        '-T',
        '--timeout',
        '-t',
        '--tries',
        '-o',
        '--output-file',
        '-a',
        '-e',
        '-i',
        '--input-file',
      ];
  const addresses = [...operandsOf(args, valued), ...valuesOf(args, ['--url'])];
  if (
    args.some(
      (argument) =>
        /^(-K|--config|--proxy|-x|--preproxy|--socks\S*|--unix-socket|--abstract-unix-socket|--resolve|--connect-to|--doh-url|-i|--input-file|--use-askpass|-e|--execute)(=|$)/.test(
          argument,
        ) && (curl ? !/^-[ei]$/.test(argument) : /^(-i|-e|--input-file|--execute|--use-askpass)/.test(argument)),
    )
  ) {
    deny(addresses.length === 0 ? 'dynamic-target' : 'remote-shell');
  }
  if (curl && args.some((argument) => /^-[sSfLkvgG]*K/.test(argument))) deny('dynamic-target');
  if (args.some((argument) => /^(--netrc|-n$|--netrc-file|--netrc-optional)/.test(argument)) && curl)
    deny('read-secret');
  const sends =
    args.some(
      (argument) => SENDING.test(argument.split('=', 1)[0] ?? '') || (curl && /^-[sSfLkvi]*[dFT]./.test(argument)),
    ) || valuesOf(args, ['-X', '--request', '--method']).some((method) => !/^(GET|HEAD|OPTIONS)$/i.test(method));
  for (const address of addresses) {
    for (const each of unfolded(address)) checkAddress(each, sends, call.state.context);
  }
  const files = curl
    ? [
        '-o',
        '--output',
        '-D',
        '--dump-header',
        '-c',
        '--cookie-jar',
        '--output-dir',
        '--stderr',
        '--trace',
        '--trace-ascii',
      ]
    : ['-O', '--output-document', '-P', '--directory-prefix', '-o', '-a', '--output-file'];
  for (const target of valuesOf(args, files)) {
    if (target === '-') continue;
    checkTarget(target, call.state, checkWrite);
    for (const path of call.state.pathsOf(target)) call.state.downloads.add(path);
  }
  if (
    (curl &&
      (hasShort(
        args.filter((argument) => /^-[a-zA-Z]+$/.test(argument)),
        'OJ',
      ) ||
        args.includes('--remote-name'))) ||
    (!curl && valuesOf(args, ['-O', '--output-document']).length === 0)
  ) {
    for (const address of addresses)
      for (const path of call.state.pathsOf(address.split(/[?#]/)[0]?.split('/').at(-1) || 'index.html'))
        call.state.downloads.add(path);
  }
}

/**
 * curl expands `{a,b}` and `[1-3]` itself.
 *
 * @param {string} address
 */
function unfolded(address) {
  const match = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/.exec(address);
  return match ? (match[2] ?? '').split(',').map((each) => `${match[1]}${each}${match[3]}`) : [address];
}

/**
 * @param {string} address
 * @param {boolean} sends
 * @param {Context} context
 */
function checkAddress(address, sends, context) {
  switch (placeOf(address, context)) {
    case 'api':
      return deny('api-direct');
    case 'unknown':
      return deny('dynamic-target');
    case 'file':
      return deny('read-secret');
    case 'other':
      if (sends) deny('upload');
      return undefined;
    default:
      return undefined;
  }
}

/** @type {Check} */
function remote() {
  deny('remote-shell');
}

/** @type {Record<string, Check>} */
export const NETWORK = {
  curl: fetcher,
  wget: fetcher,
  wget2: fetcher,
  http: (args, call) => {
    const words = operandsOf(args).filter((word) => !/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(word));
    const sends =
      operandsOf(args).some((word) => /^(POST|PUT|PATCH|DELETE)$/.test(word)) ||
      words.slice(1).some((word) => /[:=@]/.test(word));
    checkAddress((words[0] ?? '').replace(/^:/, 'localhost:'), sends, call.state.context);
  },
  aria2c: (args, call) => {
    for (const address of operandsOf(args, ['-o', '-d', '-x', '-s'])) checkAddress(address, false, call.state.context);
  },
  ssh: remote,
  scp: remote,
  sftp: remote,
  ftp: remote,
  telnet: remote,
  nc: remote,
  ncat: remote,
  netcat: remote,
  socat: remote,
  mosh: remote,
  rsh: remote,
  rlogin: remote,
  ngrok: remote,
  cloudflared: remote,
  localtunnel: remote,
  lt: remote,
  nmap: remote,
  masscan: remote,
  tcpdump: remote,
  'ssh-keygen': () => deny('write-secret'),
  'ssh-add': () => deny('read-secret'),
  'ssh-agent': () => deny('read-secret'),
  gpg: (args) => {
    if (args.some((argument) => /export-secret|gen-key|full-gen|quick-gen|delete/.test(argument))) deny('read-secret');
  },
  mail: () => deny('upload'),
  sendmail: () => deny('upload'),
  mutt: () => deny('upload'),
};
