import { describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { expectProblem, expectRequestAnswer, NIL_ID, UNKNOWN_ID } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('GET /requests/{id}', () => {
  const running = useServer();

  it('returns at once what the submission returned', async () => {
    for (let i = 0; i < 20; i += 1) {
      const submitted = await running.api.submit({ title: `number ${i}` });
      const answer = await running.api.get(`/requests/${submitted.id}`);
      expectRequestAnswer(answer);
      expect(answer.body).toEqual(submitted);
    }
  });

  it('accepts the id in any case, and returns it in lower case', async () => {
    const submitted = await running.api.submit();
    const upper = await running.api.get(`/requests/${submitted.id.toUpperCase()}`);
    expectRequestAnswer(upper);
    expect(upper.body).toEqual(submitted);
    const mixed = submitted.id.replace(/[a-f]/, (letter: string) => letter.toUpperCase());
    expect((await running.api.get(`/requests/${mixed}`)).body).toEqual(submitted);
  });

  it('accepts a percent-encoded id', async () => {
    const submitted = await running.api.submit();
    expect((await running.api.get(`/requests/${submitted.id.replaceAll('-', '%2D')}`)).body).toEqual(submitted);
  });

  it.each([
    ['that nobody submitted', UNKNOWN_ID],
    ['nil', NIL_ID],
  ])('answers 404 for an id %s', async (_, id) => {
    expectProblem(await running.api.get(`/requests/${id}`), 404, 'not-found');
  });

  it.each([
    ['a word', 'latest'],
    ['a number', '1'],
    ['a UUID without dashes', '019000000000700080000000000000ff'],
    ['a UUID in braces', `%7B${UNKNOWN_ID}%7D`],
    ['a UUID as a URN', `urn:uuid:${UNKNOWN_ID}`],
    ['a UUID and more', `${UNKNOWN_ID}0`],
    ['a UUID and a newline', `${UNKNOWN_ID}%0A`],
    ['a letter that is no hex digit', UNKNOWN_ID.replace('f', 'g').replace('8', 'g')],
    ['garbage escapes', '%ZZ'],
    ['a path that leads up', '..%2F..%2Fhealth'],
    ['a NUL', `${UNKNOWN_ID}%00`],
    ['a full-width digit', `%EF%BC%90${UNKNOWN_ID.slice(1)}`],
  ])('answers 400 invalid-id for %s', async (_, id) => {
    expectProblem(await running.api.get(`/requests/${id}`), 400, 'invalid-id');
  });

  describe('with If-None-Match', () => {
    it.each([
      ['the current version', '"0"'],
      ['a weak tag of it', 'W/"0"'],
      ['a list that names it', '"7", "0"'],
      ['a star', '*'],
    ])('answers 304 without a body for %s', async (_, tag) => {
      const { id } = await running.api.submit();
      const answer = await running.api.get(`/requests/${id}`, { 'If-None-Match': tag });
      expect(answer).toMatchObject({ status: 304, text: '' });
      expect(answer.headers.etag).toBe('"0"');
    });

    it.each([
      ['another version', '"1"'],
      ['a version that begins alike', '"00"'],
    ])('answers 200 with the resource for %s', async (_, tag) => {
      const { id } = await running.api.submit();
      expectRequestAnswer(await running.api.get(`/requests/${id}`, { 'If-None-Match': tag }));
    });

    it('answers 200 again once the request has changed', async () => {
      const { id } = await running.api.submit();
      await running.api.patch(`/requests/${id}`, { current_phase: 'reading' });
      const answer = await running.api.get(`/requests/${id}`, { 'If-None-Match': '"0"' });
      expectRequestAnswer(answer);
      expect(answer.body).toMatchObject({ version: 1, current_phase: 'reading' });
    });
  });

  it('answers HEAD as GET, without the body', async () => {
    const { id } = await running.api.submit();
    const path = `${BASE}/requests/${id}`;
    const [get, head] = [await running.api.send({ path }), await running.api.send({ method: 'HEAD', path })];
    expect(head).toMatchObject({ status: 200, text: '' });
    for (const name of ['etag', 'content-type', 'content-length']) expect(head.headers[name]).toBe(get.headers[name]);
    const gone = await running.api.send({ method: 'HEAD', path: `${BASE}/requests/${UNKNOWN_ID}` });
    expect(gone).toMatchObject({ status: 404, text: '' });
  });

  it('accepts no parameters but version and as_of', async () => {
    const { id } = await running.api.submit();
    expectProblem(await running.api.get(`/requests/${id}?fields=title`), 400, 'validation-failed', ['?fields']);
  });
});
