/** Parses command lines as programs do: long options may be abbreviated, short ones combined. */

/**
 * Whether a long option is present, abbreviations included.
 *
 * @param {readonly string[]} args
 * @param {string} name without dashes
 * @param {number} [least] shortest unambiguous abbreviation, in letters
 */
export function hasLong(args, name, least = 1) {
  return before(args).some((argument) => {
    const [, given] = /^--([^=]+)/.exec(argument) ?? [];
    return given !== undefined && given.length >= least && name.startsWith(given.toLowerCase());
  });
}

/**
 * Whether one of the letters is present, also combined with others: `-rf`.
 *
 * @param {readonly string[]} args
 * @param {string} letters
 */
export function hasShort(args, letters) {
  return before(args).some(
    (argument) => /^-[A-Za-z0-9]/.test(argument) && [...argument.slice(1)].some((letter) => letters.includes(letter)),
  );
}

/**
 * The values of an option, as `-o v`, `-ov`, `--long v` or `--long=v`.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} names with dashes
 * @returns {string[]}
 */
export function valuesOf(args, names) {
  const values = [];
  const list = before(args);
  for (let index = 0; index < list.length; index += 1) {
    const argument = /** @type {string} */ (list[index]);
    for (const name of names) {
      if (argument === name) values.push(list[index + 1] ?? '');
      else if (name.startsWith('--') && argument.startsWith(`${name}=`)) values.push(argument.slice(name.length + 1));
      else if (/^-[^-]$/.test(name) && argument.startsWith(name) && argument.length > 2) values.push(argument.slice(2));
    }
  }
  return values;
}

/**
 * Splits combined short options, so that `-so file` becomes `-s -o file`.
 *
 * @param {readonly string[]} args
 * @param {string} valued letters of options that take a value
 * @returns {string[]}
 */
export function unjoined(args, valued) {
  /** @type {string[]} */
  const apart = [];
  for (const argument of args) {
    if (!/^-[^-]./s.test(argument)) {
      apart.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at += 1) {
      const letter = argument.charAt(at);
      apart.push(`-${letter}`);
      if (!valued.includes(letter)) continue;
      if (at + 1 < argument.length) apart.push(argument.slice(at + 1));
      break;
    }
  }
  return apart;
}

/**
 * Arguments that are not options. `withValue` lists the options that take a value.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} [withValue]
 * @returns {string[]}
 */
export function operandsOf(args, withValue = []) {
  const operands = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = /** @type {string} */ (args[index]);
    if (argument === '--') return [...operands, ...args.slice(index + 1)];
    if (!argument.startsWith('-') || argument === '-') operands.push(argument);
    else if (withValue.includes(argument)) index += 1;
  }
  return operands;
}

/** @param {readonly string[]} args */
function before(args) {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}
