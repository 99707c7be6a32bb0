import type { Engine } from '../engine/engine.ts';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { unary } from '../grpc/unary.ts';
import { userName } from '../grpc/credentials.ts';
import { groupDoesNotExist, groupFailed } from '../persistent/errors.ts';
import { groupInfo } from '../persistent/group-info.ts';
import { ALL } from '../persistent/group-settings.ts';
import type { Groups } from '../persistent/groups.ts';
import {
  deleteGroupRequest,
  groupRequest,
  infoRequest,
  infoResponse,
  listRequest,
  listResponse,
  replayRequest,
} from '../wire/persistent-messages.ts';
import { empty, streamName } from '../wire/shared-messages.ts';
import { toStatus } from './engine-errors.ts';
import { readGroupConfig, readGroupName } from './group-requests.ts';

const NOTHING = empty.encode({});

/** PersistentSubscriptions.Create */
export const createGroup = (engine: Engine, groups: Groups): Handler =>
  change((request, user) => groups.create(readGroupConfig(engine, groupRequest.decode(request).options), user));

/** PersistentSubscriptions.Update */
export const updateGroup = (engine: Engine, groups: Groups): Handler =>
  change((request, user) => {
    const { options } = groupRequest.decode(request);
    const { source, group } = readGroupName(options, options?.stream?.streamIdentifier);
    groups.find(source, group);
    return groups.update(readGroupConfig(engine, options), user);
  });

/** PersistentSubscriptions.Delete */
export const deleteGroup = (groups: Groups): Handler =>
  change((request, user) => {
    const { source, group } = readGroupName(deleteGroupRequest.decode(request).options);
    return groups.delete(source, group, user);
  });

/** PersistentSubscriptions.GetInfo */
export const getGroupInfo = (groups: Groups): Handler =>
  unary((request) => {
    const { source, group } = readGroupName(infoRequest.decode(request).options);
    return infoResponse.encode({ subscriptionInfo: groupInfo(groups.find(source, group)) });
  });

/** PersistentSubscriptions.List */
export const listGroups = (groups: Groups): Handler =>
  unary((request) => {
    const { options } = listRequest.decode(request);
    if (!options) throw new GrpcError(Code.UNKNOWN, 'The request has no options');
    const { listForStream } = options;
    if (!listForStream) return listResponse.encode({ subscriptions: groups.list().map(groupInfo) });
    const source = listForStream.all ? ALL : (streamName(listForStream.stream) ?? '');
    const found = groups.list(source);
    if (found.length === 0) throw groupDoesNotExist(source, '');
    return listResponse.encode({ subscriptions: found.map(groupInfo) });
  });

/** PersistentSubscriptions.ReplayParked: answers at once; the replay continues afterwards. */
export const replayParked = (groups: Groups): Handler =>
  change((request) => {
    const { options } = replayRequest.decode(request);
    const { source, group } = readGroupName(options);
    const found = groups.find(source, group);
    const stopAt = options?.noLimit ? undefined : options?.stopAt;
    if (stopAt !== undefined && stopAt < 0n) throw groupFailed(source, group, 'stop_at must not be negative');
    // If the node closes meanwhile, the parked messages are not truncated and can be replayed again.
    found.replayParked(stopAt).catch(() => undefined);
    return Promise.resolve();
  });

/** PersistentSubscriptions.RestartSubsystem */
export const restartGroups = (groups: Groups): Handler => change(() => groups.restart());

function change(run: (request: Buffer, user: string) => Promise<void>): Handler {
  return unary(async (request: Buffer, call: GrpcCall) => {
    try {
      await run(request, userName(call));
    } catch (error) {
      throw toStatus(error);
    }
    return NOTHING;
  });
}
