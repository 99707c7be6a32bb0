/** `npm run kit`: installs the kit for Claude Code into a folder, and prints which version is installed. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { install, installedVersion, InstallError } from '../agent-kit/install.ts';
import { readKit } from '../agent-kit/kit.ts';

const USAGE = `Usage: npm run kit -- install DIR [--node PATH] [--overwrite]
       npm run kit -- version [DIR]

install puts commands, agents, scripts and hooks into a repository (DIR/.claude) or into a config folder of Claude Code (such as
~/.claude). Existing settings are merged; a copy is kept as settings.json.before-kit. Run it again to update. Files that you have
changed stay as they are.

  --node NODE   the Node that runs the scripts, 20 or newer: a name to look up in the PATH of whoever runs Claude Code (default: node), or
                a path, which is written into the files and therefore works on this machine only
  --overwrite   also replace files that you have changed

version prints the version of this kit, or with DIR the version installed there and which of its files were changed.
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
  // npm runs this in the project's folder; INIT_CWD is the folder that npm was called in.
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
  say(`Kit ${kit.version} is installed in the ${kind} ${folder} and runs with ${node}.`);
  say(written.length === 0 ? 'Everything was up to date.' : `Written: ${written.join(' ')}`);
  if (settingsBackup !== null) say(`Settings were merged. Copy of the previous settings: ${settingsBackup}`);
  if (kept.length > 0) say(`Kept because you changed them (--overwrite replaces them): ${kept.join(' ')}`);
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
  // Errors about options, folders and files are clear without a stack trace.
  const known = error instanceof InstallError || (error instanceof Error && 'code' in error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
