import { expect } from '@jest/globals';
import type { RawAnswer } from './raw-http.ts';

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Fails unless an answer is a problem in every respect the contract names. Returns its body. */
export async function expectProblem(
  answer: Response | RawAnswer,
  status: number,
  code: string,
): Promise<Record<string, unknown>> {
  const header = (name: string): string | null =>
    answer instanceof Response ? answer.headers.get(name) : (answer.headers[name] ?? null);
  const text = answer instanceof Response ? await answer.text() : answer.body;
  expect({ status: answer.status, text }).toEqual({ status, text: expect.stringContaining(`"code":"${code}"`) });
  expect(header('content-type')).toBe('application/problem+json');
  expect(header('cache-control')).toBe('no-store');
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(body).toMatchObject({ type: `https://things.example/problems#${code}`, status, code });
  for (const member of ['title', 'detail', 'instance']) expect(body[member]).toEqual(expect.stringMatching(/./));
  expect(body.request_id).toMatch(UUID);
  expect(header('x-request-id')).toBe(body.request_id);
  expect(header('x-correlation-id')).toMatch(/^[\x21-\x7e]{1,128}$/);
  if (code === 'validation-failed') expect(body.errors).not.toHaveLength(0);
  if (status === 503) expect(header('retry-after')).toMatch(/^\d+$/);
  if (status === 401) expect(header('www-authenticate')).toBe('Bearer');
  expect(text).not.toMatch(/\.ts:|\.js:|node_modules|canary/);
  return body;
}
