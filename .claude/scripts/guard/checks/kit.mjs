import { basename, dirname } from 'node:path';
import { deny } from '../rules.mjs';

const SCRIPTS = new Set(['fetch_request.mjs', 'update_request_status.mjs']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The kit's scripts may only name the request of this run. The service refuses the agent's token for any other; this says so earlier.
 *
 * @param {string} script
 * @param {readonly string[]} args
 * @param {import('../commands.mjs').Call} call
 */
export function checkKitScript(script, args, call) {
  if (!SCRIPTS.has(basename(script)) || basename(dirname(script)) !== 'scripts') return;
  const { requestId } = call.state.context;
  const [first = ''] = args;
  if (requestId && UUID.test(first) && first.toLowerCase() !== requestId) deny('api-direct');
}
