import { describe, expect, it } from '@jest/globals';
import { sizeOfRequest } from './evolve.ts';
import { given } from './testing/given.ts';
import { claimed, submitted } from './testing/histories.ts';
import type { Request } from './request.ts';

const request = given(submitted()).state!;
const base = sizeOfRequest(request);
const withMore = (more: Partial<Request>): number => sizeOfRequest({ ...request, ...more }) - base;
const milestone = { id: 'm1', title: 'One', status: 'pending' } as const;

describe('the memory size of a request', () => {
  it('grows with its texts, by two bytes a character', () => {
    expect(withMore({ description: request.description + 'x'.repeat(100) })).toBe(200);
    expect(withMore({ plan_document: 'x'.repeat(1_000) })).toBe(2_000);
    expect(base).toBeGreaterThan(2 * request.description.length);
  });

  it('grows with its milestones and their texts', () => {
    const one = withMore({ milestones: [milestone] });
    expect(one).toBeGreaterThan(0);
    expect(withMore({ milestones: [milestone, { ...milestone, id: 'm2' }] })).toBe(2 * one);
    expect(withMore({ milestones: [{ ...milestone, description: 'x'.repeat(50) }] })).toBe(one + 100);
  });

  it('grows with its attempts', () => {
    const { attempts } = given(submitted(), claimed()).state!;
    const one = withMore({ attempts });
    expect(one).toBeGreaterThan(0);
    expect(withMore({ attempts: [...attempts, ...attempts] })).toBe(2 * one);
  });
});
