/** The first three curl calls a user makes, exactly as documented. curl sends headers that browsers and libraries do not. */
import { describe, expect, it } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expectRequest } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const SUBMIT = `curl -X POST http://localhost:8000/api/v1/automation/requests \\
  -H "Content-Type: application/json" \\
  -d '{
    "type": "feature",
    "title": "Add rate limiting to public endpoints",
    "description": "Implement rate limiting for all /api/v1/public/* endpoints. Limit to 100 requests/minute per IP.",
    "priority": "medium"
  }'`;
const CHECK = 'curl http://localhost:8000/api/v1/automation/requests/{id}';
const PENDING = 'curl http://localhost:8000/api/v1/automation/pending';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const examples = hasCurl ? describe : describe.skip;

examples('the curl examples', () => {
  const running = useServer();

  /** Runs a documented command in a shell, with only the port changed. */
  async function run(line: string): Promise<Record<string, unknown>> {
    const { port } = new URL(running.server.url);
    const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('localhost:8000', `localhost:${port}`)]);
    return JSON.parse(stdout);
  }

  it('submit a feature request, check its status and list what is pending', async () => {
    const submitted = await run(SUBMIT);
    expectRequest(submitted);
    expect(submitted).toMatchObject({
      type: 'feature',
      title: 'Add rate limiting to public endpoints',
      description: 'Implement rate limiting for all /api/v1/public/* endpoints. Limit to 100 requests/minute per IP.',
      priority: 'medium',
      status: 'pending',
    });
    expect(await run(CHECK.replace('{id}', String(submitted.id)))).toEqual(submitted);
    expect(await run(PENDING)).toEqual({ items: [submitted] });
  });
});
