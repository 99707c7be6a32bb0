/** The output of command substitutions, for the few whose output is known in advance. */
import { fieldsOf, isOpen } from './words.mjs';

/** @typedef {import('./state.mjs').State} State */

/**
 * @param {import('unbash').ParsedScript | undefined} script
 * @param {State} state
 * @returns {string | undefined} undefined if it is unknown
 */
export function commandText(script, state) {
  if (!script || script.errors?.length || script.commands.length !== 1) return undefined;
  const command = script.commands[0]?.command;
  if (command?.type !== 'Command' || !command.name || command.prefix.length > 0) return undefined;
  const words = [command.name, ...command.suffix];
  const argv = [];
  for (const word of words) {
    if (word.type !== 'Word') return undefined;
    argv.push(...fieldsOf(word, state));
  }
  if (argv.some(isOpen)) return undefined;
  return printed(argv, state);
}

/**
 * @param {string[]} argv
 * @param {State} state
 */
function printed(argv, state) {
  const [name, ...rest] = argv;
  switch (name) {
    case 'echo':
      return rest.filter((word) => !/^-[neE]+$/.test(word)).join(' ');
    case 'printf':
      if (rest.length === 1 && !/[%\\]/.test(rest[0] ?? '')) return rest[0];
      if (rest.length === 2 && /^%s(\\n)?$/.test(rest[0] ?? '')) return rest[1];
      return undefined;
    case 'pwd':
      return state.lookUp('PWD');
    case 'git':
      return rest.join(' ') === 'rev-parse --show-toplevel' ? state.context.projectDir : undefined;
    case 'mktemp':
      return mktempPath(rest, state);
    default:
      return undefined;
  }
}

/**
 * A new file or folder in the temporary folder. The name is made up; only the folder matters.
 *
 * @param {string[]} args
 * @param {State} state
 */
function mktempPath(args, state) {
  const plain = args.every((argument) => /^(-d|-t|--directory|[\w.-]+)$/.test(argument));
  return plain ? `${state.context.tempDirs[0]}/tmp.made-by-mktemp` : undefined;
}
