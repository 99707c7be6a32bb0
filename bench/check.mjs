/**
 * Checks that a request costs no more CPU than it did: the CPU of the service and PostgreSQL for a POST and a PATCH, against that of `p0`
 * in the same run. Fails if either ratio is more than a quarter above the figure in cpu.json, three times in a row.
 *
 *   node bench/check.mjs            compares
 *   node bench/check.mjs --accept   measures, and writes the figures into cpu.json
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './harness/statistics.ts';

const MOST = 1.25;
/** A busy machine has doubled a ratio once, and hardly does so three times. */
const TRIES = 3;
/** Enough connections that the service always has some requests to handle together, however the load's process is scheduled. */
const SCENARIOS = ['post c=64', 'patch c=64'];
const figures = join(import.meta.dirname, 'cpu.json');

/** The first round warms up, and is left out. */
const ROUNDS = 6;

/**
 * The median over the rounds of the ratio within each round, by scenario. A round is a number of requests, so that a busy machine takes
 * longer but measures the same.
 */
function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'automation-bench-check-'));
  try {
    const json = join(folder, 'results.json');
    const options =
      '--only post,patch --contestants p0,in-process --amount 4000 --warm-up 0 --rows 2000 --connections 64 ' +
      `--rounds ${ROUNDS}`;
    const args = [join(import.meta.dirname, 'run.mjs'), ...options.split(' '), '--json', json];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
    const { measurements } = JSON.parse(readFileSync(json, 'utf8'));
    const roundsOf = (scenario, contestant) =>
      measurements
        .find((it) => it.scenario === scenario && it.contestant === contestant && it.metric === 'all_cpu')
        .rounds.slice(1);
    return Object.fromEntries(
      SCENARIOS.map((scenario) => {
        const floor = roundsOf(scenario, 'p0');
        const ratios = roundsOf(scenario, 'in-process').map((cpu, round) => cpu / floor[round]);
        return [scenario, median(ratios)];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tooMuch(measured, accepted) {
  return SCENARIOS.filter((scenario) => {
    const ratio = measured[scenario];
    console.log(`${scenario}: ${ratio.toFixed(2)} times the CPU of p0; ${accepted[scenario].toFixed(2)} is accepted`);
    // Also true of a ratio that could not be measured.
    return !(ratio <= accepted[scenario] * MOST);
  });
}

const accepts = process.argv.includes('--accept');
if (!accepts && !existsSync(figures)) {
  console.error('No figures are accepted yet: run this with --accept on a quiet machine.');
  process.exit(2);
}
const measured = measure();
if (accepts) {
  writeFileSync(figures, `${JSON.stringify(measured, null, 2)}\n`);
  console.log(measured);
} else {
  const accepted = JSON.parse(readFileSync(figures, 'utf8'));
  let worse = tooMuch(measured, accepted);
  for (let tries = 1; worse.length > 0 && tries < TRIES; tries += 1) {
    console.log('Measured once more, since machines are noisy.');
    const again = tooMuch(measure(), accepted);
    worse = worse.filter((scenario) => again.includes(scenario));
  }
  for (const scenario of worse) console.error(`${scenario}: a request costs over a quarter more CPU than accepted.`);
  process.exit(worse.length > 0 ? 1 : 0);
}
