import type { Request } from './request.ts';

/** Approximate size of the bounded fields and the objects around them. */
const BASE_BYTES = 1_500;
const PER_MILESTONE_BYTES = 300;
const PER_ATTEMPT_BYTES = 600;

/** Approximate memory use of a request in bytes, for caches bounded by size. */
export function sizeOfRequest(request: Request): number {
  const texts = request.description.length + (request.plan_document?.length ?? 0);
  const milestones = request.milestones.reduce((sum, { description }) => sum + (description?.length ?? 0), 0);
  return (
    BASE_BYTES +
    2 * (texts + milestones) +
    PER_MILESTONE_BYTES * request.milestones.length +
    PER_ATTEMPT_BYTES * request.attempts.length
  );
}
