/**
 * Runs the test files of a mutant until one of them fails, and passes over the rest: one failure is all that is asked for. Neither jest
 * nor Stryker can do so (jest's `bail` is not for programs that call it). Stryker knows the kind of runner by its file's name.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createEmptyTestResult } = require('@jest/test-result');
const circus = require('jest-circus/runner').default;

const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__';

/** The mutant that a test has noticed. */
let noticed;

export default async function run(globalConfig, config, environment, runtime, path, ...rest) {
  const mutant = process.env[ACTIVE_MUTANT];
  if (mutant !== undefined && mutant === noticed) return passedOver(path);
  const result = await circus(globalConfig, config, environment, runtime, path, ...rest);
  if (result.numFailingTests > 0 || result.testExecError) noticed = mutant;
  return result;
}

/** Of one test, because jest takes a file without any for an error. */
function passedOver(testFilePath) {
  const test = {
    ancestorTitles: [],
    duration: 0,
    failureDetails: [],
    failureMessages: [],
    numPassingAsserts: 0,
    status: 'pending',
  };
  const testResults = [{ ...test, title: 'passed over', fullName: `${testFilePath} passed over` }];
  return { ...createEmptyTestResult(), testFilePath, numPendingTests: 1, testResults };
}
