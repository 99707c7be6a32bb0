import type { ProblemType } from '../../infrastructure/http/problems/problem-details.ts';
import { Problem } from '../../infrastructure/http/problems/problem-details.ts';

/** Status and title of the problems of API keys. */
export const KEY_PROBLEMS = {
  'key-name-taken': { status: 409, title: 'Key name already in use' },
  'key-revoked': { status: 409, title: 'Key already revoked' },
  'too-many-keys': { status: 409, title: 'Too many API keys' },
} satisfies Record<string, ProblemType>;

/** Status and title of problems while credentials cannot be verified. */
export const CREDENTIAL_PROBLEMS = {
  'event-store-unavailable': { status: 503, title: 'Event store unavailable' },
  'identity-provider-unavailable': { status: 503, title: 'Identity provider unavailable' },
} satisfies Record<string, ProblemType>;

/** 503: the credentials cannot be verified at the moment. */
export function credentialsUnavailable(code: keyof typeof CREDENTIAL_PROBLEMS): Problem {
  return new Problem({
    code,
    ...CREDENTIAL_PROBLEMS[code],
    detail: 'The credentials cannot be verified at the moment.',
  });
}
