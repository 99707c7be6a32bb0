import { describe, expect, it } from '@jest/globals';
import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  OwnTimeout,
  TooBusy,
  describe as textOf,
  isAbsence,
  isSilence,
  outcomeOfAppend,
} from './eventstoredb-errors.ts';

type Raw = ConstructorParameters<typeof UnavailableError>[0];

function raw(code: number, details: string): NonNullable<Raw> {
  return Object.assign(new Error(`${code} ${details}`), {
    code,
    details,
    metadata: undefined,
  }) as unknown as NonNullable<Raw>;
}

const wrongVersion = new WrongExpectedVersionError(
  null as never,
  { streamName: 's', current: 1n, expected: 'no_stream' } as never,
);
const deleted = StreamDeletedError.fromStreamName('s');
const unavailable = (details: string): Error => new UnavailableError(raw(14, details));

describe('outcomeOfAppend', () => {
  it.each([
    ['wrong-revision', wrongVersion],
    ['refused', deleted],
    ['refused', MaxAppendSizeExceededError.fromMaxAppendSize(1)],
    ['refused', new AccessDeniedError(raw(7, 'access denied'))],
    ['refused', new AccessDeniedError(raw(16, 'not authenticated'))],
    ['refused', new UnknownError(raw(8, 'larger than max'))],
    ['refused', new UnknownError(undefined, 'Could not recognize BadRequest')],
    ['not-taken', unavailable('No connection established. Last error: connect ECONNREFUSED')],
    ['not-taken', unavailable('Server Is Not Ready')],
    ['not-taken', new UnknownError(undefined, 'Could not recognize Server Is Not Ready')],
    ['not-taken', unavailable('Server Is Busy')],
    ['not-taken', new Error('Failed to discover after 10 attempts.')],
    ['not-taken', new TooBusy()],
    ['unknown', unavailable('read ECONNRESET')],
    ['unknown', unavailable('Connection dropped')],
    ['unknown', new CancelledError(raw(1, 'Call cancelled'))],
    ['unknown', new UnknownError(raw(1, 'Cancelled on client'))],
    ['unknown', new DeadlineExceededError(raw(4, 'Deadline exceeded'))],
    ['unknown', new TimeoutError(raw(10, 'Operation timed out'))],
    ['unknown', new UnknownError(raw(2, 'unknown'))],
    ['unknown', new UnknownError(raw(13, 'internal'))],
    ['unknown', new OwnTimeout('Appending', 2_500)],
    ['unknown', new TypeError('a defect')],
    ['unknown', 'not even an error'],
  ])('is %s for %p', (outcome, error) => {
    expect(outcomeOfAppend(error)).toBe(outcome);
  });
});

describe('isSilence', () => {
  it('is a missing answer, and nothing else', () => {
    expect(isSilence(new OwnTimeout('Reading', 1))).toBe(true);
    expect(isSilence(new DeadlineExceededError(raw(4, 'Deadline exceeded')))).toBe(true);
    expect(isSilence(unavailable('Connection dropped'))).toBe(false);
    expect(isSilence(wrongVersion)).toBe(false);
  });
});

describe('isAbsence', () => {
  it('is a stream that does not exist, or never will again', () => {
    expect(isAbsence(new StreamNotFoundError(null as never, 's'))).toBe(true);
    expect(isAbsence(deleted)).toBe(true);
    expect(isAbsence(unavailable('Connection dropped'))).toBe(false);
  });
});

describe('describe', () => {
  it('names the class, and the kind where there is no text', () => {
    expect(textOf(unavailable('Connection dropped'))).toBe('UnavailableError: 14 Connection dropped');
    expect(textOf(deleted)).toBe('StreamDeletedError: stream-deleted');
    expect(textOf(42)).toBe('42');
  });
});
