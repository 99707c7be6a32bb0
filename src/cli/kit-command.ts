/** `npm run kit`: puts the kit for Claude Code where somebody wants it, and says which one is there. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { install, installedVersion, InstallError } from '../agent-kit/install.ts';
import { readKit } from '../agent-kit/kit.ts';

const USAGE = `Usage: npm run kit -- install DIR [--node PATH] [--overwrite]
       npm run kit -- version [DIR]

install puts commands, agents, scripts and hooks into a repository (DIR/.claude) or into a config folder of Claude Code (such as
~/.claude). Settings that are there are merged, and kept beside as settings.json.before-kit. Doing it again brings them up to date;
files that you have changed stay as they are.

  --node NODE   the Node that runs the scripts, 20 or newer: a name, which the PATH of whoever runs Claude Code has to lead to (node), or
                a path, which is written into the files in full and so holds on this machine only
  --overwrite   also replace files that you have changed

version says which kit this is, and with DIR which one is installed there and what of it was changed.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { node: { type: 'string' }, overwrite: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const [action, dir, ...more] = positionals;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  // npm runs this in the project's folder, whatever folder it was called in.
  const at = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path);
  if (action === 'install' && dir !== undefined && more.length === 0) {
    const { node = 'node' } = values;
    await doInstall(at(dir), /[/\\]/.test(node) ? at(node) : node, values.overwrite ?? false);
    return 0;
  }
  if (action === 'version' && more.length === 0) return tellVersion(dir === undefined ? null : at(dir));
  process.stderr.write(USAGE);
  return 2;
}

async function doInstall(dir: string, node: string, overwrite: boolean): Promise<void> {
  const kit = await readKit();
  const { kind, folder, written, kept, settingsBackup, warnings } = await install(kit, { dir, node, overwrite });
  say(`Kit ${kit.version} in the ${kind} ${folder}, run by ${node}.`);
  say(written.length === 0 ? 'Everything was up to date.' : `Written: ${written.join(' ')}`);
  if (settingsBackup !== null) say(`The settings were merged; as they were before: ${settingsBackup}`);
  if (kept.length > 0) say(`Kept, because somebody changed them (--overwrite replaces them): ${kept.join(' ')}`);
  for (const warning of warnings) say(`Warning: ${warning}`);
}

async function tellVersion(dir: string | null): Promise<number> {
  if (dir === null) {
    say((await readKit()).version);
    return 0;
  }
  const installed = await installedVersion(dir);
  if (!installed) {
    say(`No kit is installed in ${dir}.`);
    return 1;
  }
  say(installed.version);
  if (installed.changed.length > 0) say(`Changed since: ${installed.changed.join(' ')}`);
  return 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  // Wrong options, and what the system says of folders and files, is clear without a stack.
  const known = error instanceof InstallError || (error instanceof Error && 'code' in error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
