import type { Request } from './request.ts';

/** What the fields of bounded length take together, about, with the objects around them. */
const BASE_BYTES = 1_500;
const PER_MILESTONE_BYTES = 300;
const PER_ATTEMPT_BYTES = 600;

/** About how many bytes of memory a request takes, for caches that are bounded by bytes. */
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
