/** Decides which names of files and variables stand for secrets. */
import { join, sep } from 'node:path';
import { ANY_CHAR, ANY_TEXT, isOpen, STAR } from './words.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** Exceptions: examples without values, and public keys. */
const OPEN =
  /^\.env[\w.-]*\.(example|sample|template|dist)$|^\.env(example|sample|template)$|\.pub$|^\.envrc\.example$/;
const FILES = [
  /^\.env($|[.~_-])/,
  /^\.envrc$/,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)/,
  /^\.(netrc|pgpass|git-credentials|pypirc|htpasswd|my\.cnf|vault-token|boto|s3cfg)$/,
  /^\.?credentials(\.(json|toml|ya?ml|ini))?$/,
  /^(service[-_]?account|gcp[-_]key|application_default_credentials).*\.json$/,
  /^secrets?\.(json|ya?ml|toml|env|txt|ini)$/,
  /^\.[a-z_]*history$/,
];
/** Folders of a home folder, wherever they are. */
const FOLDERS = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', '.docker']);
const PLACES = [
  /^\/proc\/[^/]+\/(task\/[^/]+\/)?(environ|mem|maps|cmdline|root|cwd)(\/|$)/,
  /^\/proc\/kcore$/,
  /^\/etc\/(shadow|gshadow|sudoers)/,
  /^\/(var\/)?run\/secrets(\/|$)/,
  /^\/dev\/(mem|kmem|sd|nvme|vd|xvd|disk)/,
  /\/\.config\/(gh|gcloud|op|rclone|hub)(\/|$)/,
];
/** Names that a file pattern must not match. */
const SAMPLES = [
  '.env',
  '.env.local',
  '.env.production',
  '.ssh',
  '.aws',
  '.netrc',
  '.git-credentials',
  'id_rsa',
  'id_ed25519',
];

/** @param {string} name of a file, without its folder */
export function isSecretName(name) {
  const lower = name.toLowerCase();
  return !OPEN.test(lower) && FILES.some((pattern) => pattern.test(lower));
}

/**
 * @param {string} path absolute
 * @param {Context} context
 */
export function isSecretPath(path, context) {
  const lower = path.toLowerCase();
  if (PLACES.some((place) => place.test(lower))) return true;
  const segments = lower.split(sep);
  if (segments.some((segment) => FOLDERS.has(segment))) return true;
  if (isSecretName(segments.at(-1) ?? '')) return true;
  if (path === join(context.home, '.npmrc') || path === join(context.home, '.claude.json')) return true;
  const { configDir } = context;
  return (
    configDir !== undefined && path.startsWith(configDir + sep) && /\/(\.claude|settings[^/]*|config)\.json$/.test(path)
  );
}

/**
 * Whether a word with unknown parts could turn out to be the name of a secret. A word that is entirely unknown does not count.
 *
 * @param {string} text
 */
export function mayMeanSecret(text) {
  if (!isOpen(text)) return false;
  if (/^\/proc\/.*(environ|mem|cmdline|root|cwd)(\/|$)/.test(text)) return true;
  return text.split(sep).some((segment) => {
    if (!isOpen(segment)) return isSecretName(segment) || FOLDERS.has(segment.toLowerCase());
    const literal = segment.replace(/[\uE000-\uE002]/g, '');
    if (literal === '' || literal === '.') return literal === '.' && segment.startsWith('.');
    if (/^[\uE000\uE001]*\.(pem|key|p12|pfx|jks)$/i.test(segment)) return true;
    const source = [...segment]
      .map((char) => {
        if (char === STAR || char === ANY_TEXT) return '.*';
        return char === ANY_CHAR ? '.' : char.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
      })
      .join('');
    const hidden = segment.startsWith('.') || segment.startsWith(ANY_TEXT);
    const test = new RegExp(`^${source}$`, 'is');
    return SAMPLES.some((sample) => (hidden || !sample.startsWith('.')) && test.test(sample));
  });
}

/**
 * Whether a variable's name suggests a credential. Such names are in upper case by convention.
 *
 * @param {string} name
 */
export function isSecretVariable(name) {
  return (
    /(^|_)(TOKENS?|KEYS?|APIKEY|SECRETS?|PASSWORDS?|PASSWD|PASS|PWD|CREDENTIALS?|AUTH)(_|$)/.test(name) &&
    !/^(PWD|OLDPWD)$/.test(name)
  );
}
