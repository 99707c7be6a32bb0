/**
 * Code in other languages passed to an interpreter. It is not parsed but searched for what a task does not need, so it is checked less
 * precisely than shell code.
 */
import { apiHosts } from '../addresses.mjs';
import { checkRead, checkWrite } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { isSecretVariable } from '../secrets.mjs';

/** @typedef {import('../commands.mjs').Call} Call */

const DUMPS =
  /process\.env(?!\s*(\.|\?\.|\[)\s*["'`A-Za-z_])|\bos\.environ(?!\s*(\[|\.get\b))|\bENV\b(\.to_a|\.each|\.inspect|\.to_h|\s*$)|%ENV\b|\bgetenv\(\s*\)|\$_ENV\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*(globalThis\.)?process\b|Deno\.env\.toObject|Bun\.env(?!\.)/;
const ENVIRONMENT =
  /(?:process\.env|os\.environ|os\.getenv|environ\.get|getenv|ENV|\$ENV|Deno\.env\.get)\s*(?:\?\.|\.|\[|\{|\()?\s*["'`]?([A-Za-z_]\w*)/g;
const SPAWNS =
  /child_process|\bexecSync\b|\bspawn(Sync)?\b|\bexecFile|\bos\.(system|popen|exec[lv]|spawn)|\bsubprocess\b|\bpty\b|\bpopen\b|\bsystem\s*[("'`]|\bshell_exec\b|\bpassthru\b|\bproc_open\b|\bpcntl_exec\b|\bOpen3\b|\bIO\.popen\b|\bKernel\b|\bqx\b|%x[({[]|\bexec\s*["']|\bDeno\.(run|Command)\b|\bBun\.(spawn|\$)|\$`/;
const DELETES =
  /\b(rm|rmdir|unlink|rmSync|rmdirSync|unlinkSync)\s*\(|\brmtree\b|\bos\.(remove|unlink|rmdir|removedirs)\b|\.unlink\(|\bremove_tree\b|\bFileUtils\.(rm|remove)|\bFile\.delete\b|\bunlink\b|\brimraf\b|\bDeno\.remove\b/;
const HIDES =
  /\beval\s*\(|\bnew\s+Function\b|\bFunction\s*\(|(?<!\.)\b(exec|compile)\s*\(|__import__|\bfromCharCode\b|\bchr\s*\(|\batob\b|base64|\bb64decode\b|\bbytes\.fromhex\b|Buffer\.from\([^)]*,\s*['"](hex|base64)|\bcodecs\b|\\x[0-9a-f]{2}|\\u\{?00[0-9a-f]{2}|\bvm\b\.(run|Script)|\bimportlib\b|\bglobals\s*\(|\bgetattr\s*\(|process\s*\[|\bprocess\.binding\b|\bdlopen\b|\bctypes\b/i;
const WRITES =
  /write|append|open\s*\(|truncate|createWriteStream|copyFile|rename|symlink|\blink\b|mkdir|shutil|move|save|dump|put_contents|chmod|>\s*["'`]/i;
const STRINGS = /(["'`])((?:\\.|(?!\1)[^\\\n])*)\1/g;
/** Maximum number of string literals to check in one text. */
const MAX_STRINGS = 2_000;

/**
 * @param {string} text
 * @param {Call} call
 */
export function checkProgramText(text, call) {
  if (DUMPS.test(text)) deny('env-dump');
  for (const [, name = ''] of text.matchAll(ENVIRONMENT)) if (isSecretVariable(name)) deny('secret-variable');
  if (/AUTOMATION_(API_URL|AGENT_TOKEN|API_KEY_FILE)/.test(text)) deny('api-direct');
  for (const host of apiHosts(call.state.context)) {
    const [, name = host, port] = /^(.*):(\d+)$/.exec(host) ?? [];
    if (text.includes(host) || (port && text.includes(name) && new RegExp(`\\b${port}\\b`).test(text)))
      deny('api-direct');
  }
  if (SPAWNS.test(text)) deny('code-runs-commands');
  if (DELETES.test(text)) deny('code-deletes');
  if (HIDES.test(text)) deny('code-hides');
  checkStrings(text, call);
}

/**
 * @param {string} text
 * @param {Call} call
 */
function checkStrings(text, call) {
  const writes = WRITES.test(text);
  let seen = 0;
  for (const [, , string = ''] of text.matchAll(STRINGS)) {
    if (++seen > MAX_STRINGS) deny('too-complex');
    if (string === '' || string.length > 1_024 || /[\s*?<>|\\]/.test(string)) continue;
    for (const path of call.state.pathsOf(string)) {
      if (writes && looksLikePath(string)) checkWrite(path, call.state.context);
      checkRead(path, call.state.context);
    }
  }
}

/** @param {string} string */
function looksLikePath(string) {
  if (/^(node|https?|data|file|npm):/.test(string) || /^[@/]?[a-z-]*$/.test(string)) return false;
  return /^(\/|~|\.\.?\/)|^\.(claude|git|mcp)|\/\.(claude|git|mcp)/.test(string);
}
