import { BadRequestException, ConflictException } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { v7 } from 'uuid';
import type { ReviseRequestDto, Status, SubmitRequestDto } from './request.dto.ts';

/** The resource as every contestant returns it: the fields of the service's contract, in the same order. */
export type RequestResource = {
  id: string;
  type: string;
  priority: string;
  title: string;
  description: string;
  status: Status;
  blocked: object | null;
  current_phase: string | null;
  session_id: string | null;
  attempt: number;
  milestones: object[];
  plan_document: string | null;
  pr_url: string | null;
  test_results: object | null;
  error_message: string | null;
  error_code: string | null;
  retry_count: number;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  last_update: Date;
  created_by: string;
  queued_at: Date | null;
  queue_message_id: string | null;
  version: number;
};

export interface RequestPage {
  items: RequestResource[];
  next_cursor: string | null;
  total?: number;
}

const TRANSITIONS: Record<Status, readonly Status[]> = {
  pending: ['planning', 'implementing', 'blocked', 'failed', 'cancelled'],
  planning: ['implementing', 'reviewing', 'blocked', 'failed', 'cancelled', 'completed'],
  implementing: ['planning', 'testing', 'reviewing', 'blocked', 'failed', 'cancelled'],
  testing: ['implementing', 'reviewing', 'deploying', 'blocked', 'failed', 'cancelled'],
  reviewing: ['implementing', 'testing', 'deploying', 'completed', 'blocked', 'failed', 'cancelled'],
  deploying: ['implementing', 'completed', 'blocked', 'failed', 'cancelled'],
  blocked: ['pending', 'planning', 'implementing', 'testing', 'reviewing', 'deploying', 'failed', 'cancelled'],
  failed: ['pending'],
  completed: [],
  cancelled: [],
};

const STARTED: readonly Status[] = ['planning', 'implementing'];
const ENDED: readonly Status[] = ['completed', 'failed', 'cancelled'];

export function newRequest({ type, title, description, priority = 'medium' }: SubmitRequestDto): RequestResource {
  const now = new Date();
  return {
    id: v7(),
    type,
    priority,
    title: title.trim(),
    description,
    status: 'pending',
    blocked: null,
    current_phase: null,
    session_id: null,
    attempt: 0,
    milestones: [],
    plan_document: null,
    pr_url: null,
    test_results: null,
    error_message: null,
    error_code: null,
    retry_count: 0,
    created_at: now,
    started_at: null,
    completed_at: null,
    last_update: now,
    created_by: 'anonymous',
    queued_at: null,
    queue_message_id: null,
    version: 0,
  };
}

/** The fields that a patch changes; null if there are none. Throws 409 for a forbidden status transition. */
export function changesOf(before: RequestResource, patch: ReviseRequestDto): Partial<RequestResource> | null {
  const differing = Object.entries(patch).filter(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value, before[field as keyof RequestResource]),
  );
  if (differing.length === 0) return null;
  const changes: Partial<RequestResource> = Object.fromEntries(differing);
  const now = new Date();
  const { status } = changes;
  if (status !== undefined) {
    if (!TRANSITIONS[before.status].includes(status)) {
      throw new ConflictException(`A request cannot go from ${before.status} to ${status}.`);
    }
    if (STARTED.includes(status)) changes.started_at = before.started_at ?? now;
    if (status === 'pending') changes.completed_at = null;
    if (ENDED.includes(status)) changes.completed_at = now;
  }
  return { ...changes, last_update: now, version: before.version + 1 };
}

/** Statuses from which a request may move to each status. */
export function sourcesOf(status: Status): Status[] {
  return (Object.keys(TRANSITIONS) as Status[]).filter((from) => TRANSITIONS[from].includes(status));
}

/** The position of a page's last row, from which the next page continues. */
export function writeCursor({ created_at, id }: RequestResource): string {
  return Buffer.from(`${created_at.toISOString()} ${id}`).toString('base64url');
}

export function readCursor(cursor: string): [createdAt: string, id: string] {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (!createdAt || !id) throw new BadRequestException('The cursor is invalid.');
  return [createdAt, id];
}
