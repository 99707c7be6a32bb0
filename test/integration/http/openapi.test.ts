import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { ApiDocument, DOCUMENT_FILE } from '../../support/openapi.ts';

const text = readFileSync(DOCUMENT_FILE, 'utf8');

/** Of the linter's recommended rules, the ones that do not fit are named here with the reason. */
const RULES = {
  // The service is met on the loopback interface, and at any address that somebody gives it.
  'no-server-example.com': 'off',
  'operation-4xx-response': 'error',
  'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-invalid-schema-examples': 'error',
  'no-invalid-parameter-examples': 'error',
  'no-unused-components': 'error',
  'operation-operationId': 'error',
  'operation-description': 'off',
  'tag-description': 'error',
} as const;

async function problemsOf(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended'], rules: RULES });
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`);
}

describe('docs/openapi.json', () => {
  it('is valid OpenAPI 3.1, passes the linter, and has examples that match their schemas', async () => {
    expect(await problemsOf(text)).toEqual([]);
  });

  it('does not pass the linter with mistakes', async () => {
    const example = text.replace('"status": "pending"', '"status": "waiting"');
    expect(await problemsOf(example)).toEqual([expect.stringContaining('no-invalid-media-type-examples')]);
    const schema = text.replace('"type": "integer"', '"type": "whole"');
    expect((await problemsOf(schema)).length).toBeGreaterThan(0);
  });

  it('names each operation, with an example of its body and answer', () => {
    for (const item of Object.values<object>(JSON.parse(text).paths)) {
      for (const operation of Object.values(item)) {
        expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
        const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
        const bodies = [operation.requestBody, success?.[1]].filter((it) => it !== undefined);

        for (const { content } of bodies) {
          for (const { examples } of Object.values<{ examples?: object }>(content ?? {})) {
            expect(Object.keys(examples ?? {}).length).toBeGreaterThan(0);
          }
        }
      }
    }
  });
});

describe('an answer checked against the document', () => {
  const api = new ApiDocument();
  const { components } = JSON.parse(text);
  const request =
    JSON.parse(text).paths['/api/v1/automation/requests'].post.responses['201'].content['application/json'].examples
      .submitted.value;
  const common = { 'x-request-id': request.id, 'x-correlation-id': 'a', 'content-type': 'application/json' };
  const headers = { ...common, etag: '"0"', location: '/a', 'automation-position': '1' };
  const created = { status: 201, headers, text: '{}', body: request };
  const problem = components.responses.NotFound.content['application/problem+json'].examples['not-found'].value;
  const refused = { status: 404, headers: { ...common, 'content-type': 'application/problem+json' }, text: '{}' };
  const faults = (answer: object, path = '/api/v1/automation/requests', method = 'POST') =>
    api.faultsOf(method, path, { ...created, ...answer });
  const { etag: _, ...untagged } = headers;

  it('passes if it is right', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ ...refused, body: problem }, `/api/v1/automation/requests/${request.id}`, 'GET')).toEqual([]);
  });

  it.each<[string, object, string?, string?]>([
    ['a status of no use', { status: 200 }],
    ['a member too many', { body: { ...request, secret: 1 } }],
    ['a member too few', { body: { ...request, version: undefined } }],
    [
      'a member too many, deep',
      { body: { ...request, milestones: [{ id: 'a', title: 'a', status: 'pending', x: 1 }] } },
    ],
    ['a value of another type', { body: { ...request, version: '0' } }],
    ['a media type', { headers: { ...headers, 'content-type': 'text/html' } }],
    ['a header missing', { headers: untagged }],
    ['a header too many', { headers: { ...headers, 'x-powered-by': 'x' } }],
    ['a header of another form', { headers: { ...headers, etag: 'W/"0"' } }],
    [
      'a code of another status',
      { ...refused, body: { ...problem, code: 'conflict' } },
      `/requests/${request.id}`,
      'GET',
    ],
    ['a problem without its code', { ...refused, body: { ...problem, code: undefined } }, '/nowhere', 'GET'],
    ['a member too many in a problem', { ...refused, body: { ...problem, stack: 'a' } }, '/nowhere', 'GET'],
    ['a refusal that is no problem', { ...refused, headers: common, body: problem }, '/nowhere', 'GET'],
    ['an answer where there is nothing', {}, '/nowhere', 'GET'],
  ])('does not pass with %s', (_, answer, path = '/requests', method = 'POST') => {
    expect(faults(answer, `/api/v1/automation${path}`, method).length).toBeGreaterThan(0);
  });
});
