import { statSync } from 'node:fs';
import { createRequire } from 'node:module';

const Sequencer = createRequire(import.meta.url)('@jest/test-sequencer').default;

/** Runs the slow model test last: by then the other tests have killed most mutants. */
export default class SmallFilesFirst extends Sequencer {
  sort(tests) {
    const sized = [...tests].map((test) => ({
      test,
      bytes: statSync(test.path).size + (test.path.includes('/model.') ? 1e6 : 0),
    }));
    return sized.sort((one, other) => one.bytes - other.bytes).map(({ test }) => test);
  }
}
