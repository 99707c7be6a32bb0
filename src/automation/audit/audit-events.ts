import { EventCodec } from '../../event-sourcing/codec.ts';
import type { PolicyInForce } from './policy.ts';

/** What operators do to the service itself, as the audit names it. */
export const ACTIONS = ['Rebuild', 'Verification', 'Retry', 'Skip', 'Export'] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What is kept of an action's parameters or result. Never a text of a request. */
export type Details = Readonly<Record<string, string | number | boolean | null>>;

/** Recorded before the action. */
interface Requested {
  /** Id of this event, which the event of the outcome repeats. */
  readonly action_id: string;
  /** What is acted on, such as the name of a projection; null for the whole log. */
  readonly target: string | null;
  readonly reason: string | null;
  readonly parameters: Details;
}

interface Outcome {
  readonly action_id: string;
  readonly target: string | null;
  readonly duration_ms: number;
}

/** Events of the audit stream. This union is a storage format: fields may be added; any other change needs a new type. */
export type AuditEvent =
  | { readonly type: `${ActionName}Requested`; readonly data: Requested }
  | { readonly type: `${ActionName}Finished`; readonly data: Outcome & { readonly result: Details } }
  /** `code` is the problem's code, or `internal-error`. */
  | { readonly type: `${ActionName}Failed`; readonly data: Outcome & { readonly code: string } }
  /** The policy of the installation. `version` names it in the metadata of the events that were decided under it. */
  | { readonly type: 'PolicyRecorded'; readonly data: { readonly version: string; readonly policy: PolicyInForce } };

export const AUDIT_EVENT_TYPES = [
  ...ACTIONS.flatMap((action) => [`${action}Requested`, `${action}Finished`, `${action}Failed`] as const),
  'PolicyRecorded' as const,
];

/** How the events of the audit stream are stored. */
export const auditCodec = new EventCodec<AuditEvent>(
  Object.fromEntries(AUDIT_EVENT_TYPES.map((type) => [type, type])) as Record<AuditEvent['type'], string>,
);

/** The stream of all operators' actions. Configured categories have no colon, so it clashes with none of them. */
export function operatorStreamOf(category: string): string {
  return `${category}:operators-all`;
}
