import type { Engine } from '../engine/engine.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import type { Groups } from '../persistent/groups.ts';
import { append } from '../services/append.ts';
import { batchAppend } from '../services/batch-append.ts';
import { consumeGroup } from '../services/consume-group.ts';
import { readGossip } from '../services/gossip.ts';
import {
  createGroup,
  deleteGroup,
  getGroupInfo,
  listGroups,
  replayParked,
  restartGroups,
  updateGroup,
} from '../services/persistent-subscriptions.ts';
import { read } from '../services/read.ts';
import { deleteStream, tombstoneStream } from '../services/remove.ts';
import { getSupportedMethods } from '../services/server-features.ts';

const PACKAGE = 'event_store.client';
const GROUPS = `/${PACKAGE}.persistent_subscriptions.PersistentSubscriptions`;

/** All methods of this node, by full name. */
export function allMethods(engine: Engine, groups: Groups): Map<string, Handler> {
  const methods = new Map<string, Handler>([
    [`/${PACKAGE}.streams.Streams/Read`, read(engine)],
    [`/${PACKAGE}.streams.Streams/Append`, append(engine)],
    [`/${PACKAGE}.streams.Streams/BatchAppend`, batchAppend(engine)],
    [`/${PACKAGE}.streams.Streams/Delete`, deleteStream(engine)],
    [`/${PACKAGE}.streams.Streams/Tombstone`, tombstoneStream(engine)],
    [`/${PACKAGE}.gossip.Gossip/Read`, readGossip()],
    [`${GROUPS}/Create`, createGroup(engine, groups)],
    [`${GROUPS}/Update`, updateGroup(engine, groups)],
    [`${GROUPS}/Delete`, deleteGroup(groups)],
    [`${GROUPS}/Read`, consumeGroup(groups)],
    [`${GROUPS}/GetInfo`, getGroupInfo(groups)],
    [`${GROUPS}/List`, listGroups(groups)],
    [`${GROUPS}/ReplayParked`, replayParked(groups)],
    [`${GROUPS}/RestartSubsystem`, restartGroups(groups)],
  ]);
  const features = `/${PACKAGE}.server_features.ServerFeatures/GetSupportedMethods`;
  methods.set(features, getSupportedMethods([...methods.keys(), features]));
  return methods;
}
