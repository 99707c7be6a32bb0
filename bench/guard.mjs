/**
 * Measures what the guard adds to every tool call: the run time of the hook's process beyond that of a Node that does nothing. The two
 * alternate, so that both see the same machine.
 *
 *   node bench/guard.mjs [rounds]      40 rounds by default
 *
 * Run `npm run build` first: it measures the bundle, as installed, and the source, as run from a checkout.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 40);
const folder = mkdtempSync(join(tmpdir(), 'automation-guard-bench-'));
const bare = join(folder, 'bare.mjs');
writeFileSync(bare, '');

const COMMANDS = {
  short: 'npm test',
  usual: 'cd packages/api && git add -A && git commit -m "Pager: mend the last page" && npm test 2>&1 | tail -n 40',
  long: Array.from(
    { length: 100 },
    (_, index) => `sed -i 's/a${index}/b/' src/file-${index}.ts && echo "done ${index}"`,
  ).join('\n'),
};
const contestants = [
  { name: 'node alone', script: bare, command: '' },
  ...Object.entries(COMMANDS).flatMap(([size, command]) => [
    { name: `bundle, ${size} command`, script: join(root, 'dist/kit/scripts/security_check.mjs'), command },
    { name: `source, ${size} command`, script: join(root, '.claude/scripts/security_check.mjs'), command },
  ]),
].map((contestant) => ({ ...contestant, times: [] }));

for (let round = -2; round < rounds; round += 1) {
  for (const { script, command, times } of contestants) {
    const event = {
      hook_event_name: 'PreToolUse',
      session_id: 's',
      cwd: root,
      tool_name: 'Bash',
      tool_input: { command },
    };
    const begun = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [script], {
      input: JSON.stringify(event),
      env: { PATH: process.env.PATH, CLAUDE_PROJECT_DIR: root, HOME: folder },
    });
    const took = performance.now() - begun;
    if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
    // The first rounds only warm the caches.
    if (round >= 0) times.push(took);
  }
}
rmSync(folder, { recursive: true, force: true });

/** The minimum is the most reliable figure on a busy machine: it was disturbed least. */
const quantile = (times, part) => [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * part)];
const least = quantile(contestants[0].times, 0);
const base = quantile(contestants[0].times, 0.5);
console.log(`Node ${process.version}, ${rounds} rounds, in ms`);
for (const { name, times } of contestants) {
  const median = quantile(times, 0.5);
  const cells = [quantile(times, 0), median, quantile(times, 0.9), quantile(times, 0) - least, median - base].map(
    (ms) => ms.toFixed(1).padStart(7),
  );
  console.log(
    `${name.padEnd(24)} least ${cells[0]}  median ${cells[1]}  p90 ${cells[2]}  above node alone ${cells[3]} to ${cells[4]}`,
  );
}
