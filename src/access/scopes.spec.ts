import { describe, expect, it } from '@jest/globals';
import { ROLES, rolesOf, scopesOf } from './scopes.ts';

describe('the roles of a caller', () => {
  it.each(ROLES)('are known from the scopes of %s', (role) => {
    expect(rolesOf(scopesOf([role]))).toEqual([role]);
  });

  it('are all that it has, without those that others include', () => {
    expect(rolesOf(scopesOf(['submitter', 'worker', 'auditor']))).toEqual(['submitter', 'worker', 'auditor']);
    expect(rolesOf(scopesOf(['submitter', 'operator']))).toEqual(['operator']);
    expect(rolesOf(new Set())).toEqual([]);
  });
});
