import { SERVICE_VERSION } from '../../../version.ts';
import { escapeHtml, page } from './html.ts';

/** The index as JSON, for programs that ask for the root. */
export const INDEX = {
  name: 'automation-backend',
  version: SERVICE_VERSION,
  api: '/api/v1/automation',
  docs: '/docs',
  openapi: '/openapi.json',
  problems: '/docs/problems',
  health: '/api/v1/automation/health',
} as const;

/**
 * The page at `/`: what the service is, links, and three commands to try.
 *
 * @param origin as the reader reached the service, such as `http://127.0.0.1:8000`
 * @param isOpen whether the service needs no API key
 */
export function indexPage(origin: string, isOpen: boolean): string {
  const base = origin + INDEX.api;
  const key = isOpen ? '' : ` -H "Authorization: Bearer $KEY"`;
  const submit = `curl -X POST ${base}/requests${key} -H 'Content-Type: application/json' \\
  -d '{"type": "feature", "title": "Add rate limiting", "description": "100 requests a minute per IP."}'`;
  const tries: readonly (readonly [string, string])[] = [
    ['Submit a request', submit],
    ['See what waits for a worker', `curl ${base}/pending${key}`],
    ['Read what happened so far', `curl ${base}/events${key}`],
  ];
  return page(
    'Automation backend',
    `<h1>Automation backend</h1>
<p>Autonomous software development with Claude Code: people submit feature, bug, research and refactor requests, workers run Claude Code
on them, and every step is an event that can be looked up and proved.</p>
<ul>
<li><a href="${INDEX.docs}">API documentation</a>, to read and to try out; also as <a href="${INDEX.openapi}">OpenAPI</a></li>
<li><a href="${INDEX.health}">Health</a> of the service and its parts</li>
<li><a href="${INDEX.problems}">Problems</a>: every error code, and what to do about it</li>
</ul>
<h2>Three things to try</h2>
${tries.map(([what, command]) => `<h3>${what}</h3><pre>${escapeHtml(command)}</pre>`).join('\n')}
<footer>Version ${SERVICE_VERSION}${isOpen ? '. Open to everyone on this machine: there are no API keys.' : ''}</footer>`,
  );
}
