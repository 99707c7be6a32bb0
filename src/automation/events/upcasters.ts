import type { Upcaster } from '../../event-sourcing/codec.ts';
import type { RequestEventType } from '../domain/events.ts';

/**
 * The stored type of each event, independent of its name in the code. Stored events stay readable, so a type never changes its meaning: if
 * the shape of an event changes by more than an added field, it gets a new type here (`….v2`), and the old one moves to {@link UPCASTERS}.
 * See docs/changing-an-event.md.
 */
export const STORED_TYPES: Readonly<Record<RequestEventType, string>> = {
  RequestSubmitted: 'RequestSubmitted',
  RequestDetailsRevised: 'RequestDetailsRevised',
  RequestClaimed: 'RequestClaimed',
  PlanningStarted: 'PlanningStarted',
  ImplementationStarted: 'ImplementationStarted',
  TestingStarted: 'TestingStarted',
  ReviewStarted: 'ReviewStarted',
  DeploymentStarted: 'DeploymentStarted',
  RequestBlocked: 'RequestBlocked',
  BlockRevised: 'BlockRevised',
  RequestUnblocked: 'RequestUnblocked',
  CompletionClaimed: 'CompletionClaimed',
  CompletionClaimVoided: 'CompletionClaimVoided',
  RequestCompleted: 'RequestCompleted',
  RequestFailed: 'RequestFailed',
  RequestCancelled: 'RequestCancelled',
  RequestRequeued: 'RequestRequeued',
  PhaseNoted: 'PhaseNoted',
  SessionAttached: 'SessionAttached',
  PlanAttached: 'PlanAttached',
  MilestonesPlanned: 'MilestonesPlanned',
  MilestoneStatusChanged: 'MilestoneStatusChanged',
  PullRequestOpened: 'PullRequestOpened',
  TestResultsRecorded: 'TestResultsRecorded',
  ErrorNoted: 'ErrorNoted',
  FieldsCleared: 'FieldsCleared',
  AttemptProgressed: 'AttemptProgressed',
  AttemptEnded: 'AttemptEnded',
  AttemptReportedLate: 'AttemptReportedLate',
  AttemptLost: 'AttemptLost',
};

/** Stored types that are no longer written, each with its upcast to the next version. */
export const UPCASTERS: Readonly<Record<string, Upcaster>> = {};

/** Event names as used in filters, regardless of the stored version. */
export const REQUEST_EVENT_TYPES: readonly string[] = Object.keys(STORED_TYPES);
