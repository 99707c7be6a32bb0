/** The service is away when the agent reports its last word: the worker brings it when it is there again. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpProxy } from '../support/http-proxy.ts';
import type { ToolResult } from './support/messages-api.ts';
import { callOf, plays, use } from './support/play.ts';
import { useStage } from './support/stage.ts';

const stage = useStage();
let proxy: HttpProxy;

beforeEach(async () => {
  proxy = await HttpProxy.start(() => stage.server.url);
});
afterEach(() => proxy.stop());

describe('a report that could not be sent', () => {
  it('is kept by the script, and sent by the worker before it reports the end', async () => {
    proxy.fate = ({ method }) => (method === 'PATCH' ? { status: 503 } : 'pass');
    let told: ToolResult | null = null;
    stage.model.reset(
      plays(function* (turn) {
        if (turn.told.some((text) => text.includes('Stop hook feedback'))) {
          proxy.fate = () => 'pass';
          return 'I have said it.';
        }
        const tell = callOf('update_request_status.mjs', turn.told.join('\n'));
        const question = 'blocked --reason question --error-message "Which one?" --timeout 1';
        told = yield* use('Bash', { command: `${tell} ${question}` });
        return 'I asked.';
      }),
    );
    const worker = stage.startWorker({ env: { AUTOMATION_API_URL: proxy.url } });
    const { request } = await stage.ended(await stage.submit());
    expect(told).toEqual({ isError: true, text: expect.stringContaining('The report is kept') });
    expect(request).toMatchObject({ status: 'blocked', blocked: { reason: 'question', message: 'Which one?' } });
    await worker.logs('sent the reports spooled by the agent');
  });
});
