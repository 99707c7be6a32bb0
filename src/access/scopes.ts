/** Scopes and roles, named as in the HTTP contract. */

export const SCOPES = [
  'requests:submit',
  'requests:read',
  'requests:manage',
  'attempts:work',
  'audit:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Bundles of scopes, assigned by API keys and identity providers. */
export const ROLES = ['submitter', 'operator', 'worker', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const SCOPES_OF: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  submitter: new Set(['requests:submit', 'requests:read']),
  operator: new Set(['requests:submit', 'requests:read', 'requests:manage']),
  worker: new Set(['requests:read', 'attempts:work']),
  auditor: new Set(['requests:read', 'audit:read']),
  admin: new Set(SCOPES),
};

export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}

/** The roles that grant these scopes; without those that others among them include. */
export function rolesOf(scopes: ReadonlySet<Scope>): readonly Role[] {
  const held = ROLES.filter((role) => SCOPES_OF[role].isSubsetOf(scopes));
  return held.filter((role) => !held.some((other) => other !== role && SCOPES_OF[role].isSubsetOf(SCOPES_OF[other])));
}

/** Union of the scopes of the roles. Returns the same set object every time for a single role. */
export function scopesOf(roles: readonly Role[]): ReadonlySet<Scope> {
  const [first, ...more] = roles;
  if (first === undefined) return new Set();
  return more.length === 0 ? SCOPES_OF[first] : new Set(roles.flatMap((role) => [...SCOPES_OF[role]]));
}
