import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonPatch } from '../../../infrastructure/http/json/json-patch.ts';
import { applyPatch } from '../../../infrastructure/http/json/testing/apply-patch.ts';
import { evolve } from '../../domain/evolve.ts';
import type { Request } from '../../domain/request.ts';
import { decodeEvent, requestIdOf } from '../../events/codec.ts';
import { NOT_QUEUED } from '../../forwarding/deliveries.ts';
import { logs } from '../../projections/testing/random-logs.ts';
import { foundInStream } from '../../queries/found-request.ts';
import { requestView } from '../requests/resource.ts';

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('whatever the commands, the patches of all events of a request lead to each of its versions', () => {
  fc.assert(
    fc.property(logs, (log) => {
      const requests = new Map<string, { readonly request: Request; readonly patched: unknown }>();
      for (const stored of log.all) {
        const id = requestIdOf(stored.stream);
        const known = requests.get(id);
        const request = evolve(known?.request ?? null, decodeEvent(stored).event);
        const [before, after] = [known?.request ?? null, request].map(
          (state) => state && requestView(foundInStream(state, NOT_QUEUED)),
        );
        const patch = json(jsonPatch(before, after)) as ReturnType<typeof jsonPatch>;
        const patched = applyPatch(known?.patched ?? null, patch);
        expect(patched).toEqual(json(after));
        expect(patch.length).toBeGreaterThan(0);
        requests.set(id, { request, patched });
      }
    }),
    { numRuns: 60 },
  );
});
