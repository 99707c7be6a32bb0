import type { GrpcCall } from '../grpc/grpc-call.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { userName } from '../grpc/credentials.ts';
import type { Consumer } from '../persistent/consumer.ts';
import type { Group } from '../persistent/group.ts';
import { groupId } from '../persistent/group-settings.ts';
import type { Groups } from '../persistent/groups.ts';
import { encodeEvent } from '../wire/event-responses.ts';
import { consumerRequest, consumerResponse, NackAction } from '../wire/persistent-messages.ts';
import { uuidText } from '../wire/shared-messages.ts';
import { readGroupName } from './group-requests.ts';

/** PersistentSubscriptions.Read: options connect a consumer, which then acknowledges the events it gets. */
export const consumeGroup =
  (groups: Groups): Handler =>
  (call) => {
    let connected: { group: Group; consumer: Consumer } | undefined;
    call.onClosed(() => {
      if (connected) connected.group.disconnect(connected.consumer);
    });
    call.receive(
      (message) => {
        const { options, ack, nack } = consumerRequest.decode(message);
        if (!connected) {
          connected = connect(call, groups, options);
        } else if (ack) {
          connected.group.ack(texts(ack.ids));
        } else if (nack) {
          connected.group.nack(texts(nack.ids), nack.action ?? NackAction.UNKNOWN, nack.reason ?? '');
        }
      },
      () => {
        call.end();
      },
    );
  };

type ConsumerOptions = ReturnType<typeof consumerRequest.decode>['options'];

function connect(call: GrpcCall, groups: Groups, options: ConsumerOptions): { group: Group; consumer: Consumer } {
  const { source, group: name } = readGroupName(options);
  const group = groups.find(source, name);
  const uuidOption = options?.uuidOption;
  if (!uuidOption) throw new GrpcError(Code.UNKNOWN, 'The request does not say how to send ids');
  const idForm = uuidOption.string ? 'string' : 'structured';
  let isDraining = false;
  const consumer = group.connect(
    {
      from: call.peer,
      userName: userName(call),
      connectionName: call.header('connection-name') ?? '',
      send: ({ event, link, retryCount }) => {
        call.send(encodeEvent({ event, link }, idForm, retryCount));
        if (!call.isCongested || isDraining) return;
        isDraining = true;
        void call.drained().then(() => {
          isDraining = false;
          group.dispatch();
        });
      },
      isCongested: () => isDraining || call.isCongested,
      drop: (reason) => {
        call.fail(reason);
      },
    },
    options.bufferSize ?? 0,
  );
  call.send(consumerResponse.encode({ subscriptionConfirmation: { subscriptionId: groupId(source, name) } }));
  group.dispatch();
  return { group, consumer };
}

const texts = (ids: Parameters<typeof uuidText>[0][] | undefined): string[] =>
  (ids ?? []).map((id) => uuidText(id)?.toLowerCase() ?? '');
