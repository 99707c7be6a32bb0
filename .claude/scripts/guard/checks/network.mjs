/** Other hosts: reading is allowed, sending is not. Only the kit may call the automation service. */
import { placeOf } from '../addresses.mjs';
import { checkTarget, checkWrite } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { hasLong, operandsOf, unjoined, valuesOf } from '../options.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

/** Short options that take a value. */
const CURL_LETTERS = 'XHdFouAebcxmwTKEDryYzCtQPU';
const CURL_VALUED = [
  ...[...CURL_LETTERS].map((letter) => `-${letter}`),
  ...'request header data data-raw data-binary data-urlencode data-ascii json form form-string output user user-agent referer cookie cookie-jar proxy max-time connect-timeout retry retry-delay retry-max-time write-out upload-file config cert key cacert capath dump-header url output-dir range limit-rate interface oauth2-bearer netrc-file stderr trace trace-ascii'
    .split(' ')
    .map((name) => `--${name}`),
];
const WGET_LETTERS = 'OPUTtoaeiBlQwADXI';
const WGET_VALUED = [
  ...[...WGET_LETTERS].map((letter) => `-${letter}`),
  ...'output-document directory-prefix header user-agent timeout tries output-file input-file execute'
    .split(' ')
    .map((name) => `--${name}`),
];
/** Options that send the connection to a different host, or read further options from a file. */
const DIVERTS =
  /^(-x|-K|--(config|proxy|preproxy|socks\S*|unix-socket|abstract-unix-socket|resolve|connect-to|doh-url|input-file|use-askpass|execute))(=|$)/;

/** @type {Check} */
function curl(joined, call) {
  const args = unjoined(joined, CURL_LETTERS);
  const addresses = [...operandsOf(args, CURL_VALUED), ...valuesOf(args, ['--url'])];
  if (args.some((argument) => DIVERTS.test(argument))) deny('remote-shell');
  if (args.some((argument) => argument === '-n' || argument.startsWith('--netrc'))) deny('read-secret');
  const sends =
    args.some((argument) => /^(-d|-F|-T|--data.*|--json.*|--form.*|--upload-file.*)$/s.test(argument)) ||
    isSent(valuesOf(args, ['-X', '--request']));
  for (const address of addresses) for (const each of unfolded(address)) checkAddress(each, sends, call);
  const files = ['-o', '--output', '-D', '--dump-header', '-c', '--cookie-jar', '--stderr', '--trace', '--trace-ascii'];
  noteDownloads(valuesOf(args, files), call);
  for (const folder of valuesOf(args, ['--output-dir'])) checkTarget(folder, call.state, checkWrite);
  if (args.includes('-O') || args.includes('-J') || hasLong(args, 'remote-name', 8))
    noteDownloads(addresses.map(lastName), call);
}

/** @type {Check} */
function wget(joined, call) {
  const args = unjoined(joined, WGET_LETTERS);
  const addresses = operandsOf(args, WGET_VALUED);
  if (args.some((argument) => DIVERTS.test(argument) || argument === '-i' || argument === '-e')) deny('remote-shell');
  const sends = args.some((argument) => /^--(post|body)-/.test(argument)) || isSent(valuesOf(args, ['--method']));
  for (const address of addresses) checkAddress(address, sends, call);
  const files = valuesOf(args, ['-O', '--output-document']);
  noteDownloads([...files, ...valuesOf(args, ['-o', '-a', '--output-file'])], call);
  for (const folder of valuesOf(args, ['-P', '--directory-prefix'])) checkTarget(folder, call.state, checkWrite);
  if (files.length === 0) noteDownloads(addresses.map(lastName), call);
}

/** @param {readonly string[]} methods */
function isSent(methods) {
  return methods.some((method) => !/^(GET|HEAD|OPTIONS)$/i.test(method));
}

/** @param {string} address */
function lastName(address) {
  return address.split(/[?#]/)[0]?.split('/').at(-1) || 'index.html';
}

/**
 * @param {readonly string[]} files
 * @param {Call} call
 */
function noteDownloads(files, { state }) {
  for (const file of files) {
    if (file === '-') continue;
    checkTarget(file, state, checkWrite);
    for (const path of state.pathsOf(file)) state.downloads.add(path);
  }
}

/**
 * curl itself expands `{a,b}` in a URL.
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
 * @param {Call} call
 */
function checkAddress(address, sends, { state }) {
  switch (placeOf(address, state.context)) {
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
  curl,
  wget,
  wget2: wget,
  http: (args, call) => {
    const words = operandsOf(args).filter((word) => !/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(word));
    const sends =
      operandsOf(args).some((word) => /^(POST|PUT|PATCH|DELETE)$/.test(word)) ||
      words.slice(1).some((word) => /[:=@]/.test(word));
    checkAddress((words[0] ?? '').replace(/^:/, 'localhost:'), sends, call);
  },
  aria2c: (args, call) => {
    for (const address of operandsOf(args, ['-o', '-d', '-x', '-s'])) checkAddress(address, false, call);
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
