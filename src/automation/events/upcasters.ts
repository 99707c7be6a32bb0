import type { Upcaster } from '../../event-sourcing/codec.ts';
import type { RequestEventType } from './events.ts';

/**
 * The types that events are stored under today, apart from their names in the code. What was ever stored stays readable, so a type never
 * changes its meaning: an event whose shape changes, beyond an added field, gets a new one here (`….v2`), and the one before moves to
 * {@link UPCASTERS}. docs/changing-an-event.md shows each step.
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

/** Every type that was stored once and is not any more, with the way to the next. */
export const UPCASTERS: Readonly<Record<string, Upcaster>> = {};

/** What can happen, by name: what is asked for, whatever version of it is stored. */
export const REQUEST_EVENT_TYPES: readonly string[] = Object.keys(STORED_TYPES);
