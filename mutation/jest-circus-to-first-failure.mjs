/**
 * Runs the test files of a mutant until the first failure and skips the rest, because one failure is enough. Neither jest nor Stryker can do
 * this (jest's `bail` does not work when jest is called from a program). Stryker recognises the runner by its file name.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createEmptyTestResult } = require('@jest/test-result');
const circus = require('jest-circus/runner').default;

const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__';

/** The last mutant that a test has killed. */
let noticed;

export default async function run(globalConfig, config, environment, runtime, path, ...rest) {
  const mutant = process.env[ACTIVE_MUTANT];
  if (mutant !== undefined && mutant === noticed) return passedOver(path);
  const result = await circus(globalConfig, config, environment, runtime, path, ...rest);
  if (result.numFailingTests > 0 || result.testExecError) noticed = mutant;
  return result;
}

/** The result of a skipped file. It reports one test, because jest treats a file without tests as an error. */
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
