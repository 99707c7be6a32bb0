/**
 * Walks through a command line in the order of the shell and checks every simple command in it: behind operators, in subshells,
 * substitutions, conditions, loops, functions and here documents.
 */
import { forEachChild, parse } from 'unbash';
import { checkAssignments } from './checks/variables.mjs';
import { checkCommand } from './commands.mjs';
import { checkRead, checkTarget, checkWrite, forEachPath } from './paths.mjs';
import { deny } from './rules.mjs';
import { isSecretVariable, mayMeanSecret } from './secrets.mjs';
import { fieldsOf, isDynamic, textOfParts, textOfWord } from './words.mjs';

/**
 * @typedef {import('unbash').SyntaxNode} SyntaxNode
 * @typedef {import('unbash').Command} Command
 * @typedef {import('unbash').Redirection} Redirection
 * @typedef {import('./state.mjs').State} State
 * @typedef {{ kind: 'none' | 'pipe' | 'download' } | { kind: 'text', text: string }} Input what a command reads: unknown, another
 *   command's output, or a text
 */

/** Maximum length of a command line, in characters. */
const MAX_LENGTH = 64 * 1024;
/** Maximum depth of code within code. */
const MAX_DEPTH = 8;
/** Maximum number of simple commands in a call. Every iteration of a loop counts. */
const MAX_COMMANDS = 2_000;
const MAX_TURNS = 20;
/** Control characters, which have no meaning in a command, and the characters we use as marks for unknown parts. */
const FOREIGN = /[^\P{Cc}\t\n]|[\uE000-\uE002]/u;

/** The walk through one call, with its counters. */
export class Walk {
  commands = 0;
  /** Whether a command listed processes. */
  soughtProcesses = false;
  depth = 0;

  /**
   * @param {string} source
   * @param {State} state
   * @param {Input} [input]
   */
  code(source, state, input = { kind: 'none' }) {
    if (source.length > MAX_LENGTH) deny('too-long');
    if (FOREIGN.test(source)) deny('parse-error');
    if (++this.depth > MAX_DEPTH) deny('too-complex');
    this.script(parse(source), state, input);
    this.depth -= 1;
  }

  /**
   * @param {import('unbash').ParsedScript | undefined} script
   * @param {State} state
   * @param {Input} [input]
   */
  script(script, state, input = { kind: 'none' }) {
    if (!script || script.errors?.length) return deny('parse-error');
    for (const statement of script.commands) this.node(statement, state, input);
  }

  /**
   * @param {SyntaxNode} node
   * @param {State} state
   * @param {Input} input
   * @returns {void}
   */
  node(node, state, input) {
    switch (node.type) {
      case 'Statement':
        if (node.background) return this.node(node.command, state.copy(), input);
        return this.statement(node.command, state, input);
      case 'CompoundList':
        for (const statement of node.commands) this.node(statement, state, input);
        return;
      case 'AndOr':
        for (const command of node.commands) this.node(command, state, input);
        return;
      case 'Pipeline':
        return this.pipeline(node, state, input);
      case 'Subshell':
        return this.node(node.body, state.copy(), input);
      case 'BraceGroup':
        return this.node(node.body, state, input);
      case 'Redirected':
        return this.node(node.command, state, this.redirects(node.redirects, state, input));
      case 'Function':
        if (startsItself(node)) deny('fork-bomb');
        return this.maybe(node.body, state, input);
      case 'Coproc':
        return this.node(node.body, state.copy(), input);
      case 'For':
      case 'Select':
        return this.loop(node, state, input);
      case 'Command':
        return this.command(node, state, input);
      case 'Word':
        return this.word(node, state);
      default:
        // If, While, Case, ArithmeticFor and their parts, tests and arithmetic: everything is checked, though it may not run.
        return this.parts(node, state, input);
    }
  }

  /**
   * A list such as `cd x && make`: what its later parts change is certain only inside the list.
   *
   * @param {SyntaxNode} command
   * @param {State} state
   * @param {Input} input
   */
  statement(command, state, input) {
    const before = state.copy();
    if (command.type === 'AndOr') {
      const [first, ...others] = command.commands;
      if (first) this.node(first, state, input);
      const sure = new Map(state.variables);
      for (const each of others) this.node(each, state, input);
      for (const [name, value] of state.variables) if (sure.get(name) !== value) state.forget(name);
    } else this.node(command, state, input);
    state.settleFolders(before);
  }

  /**
   * Checks a node that may or may not run.
   *
   * @param {SyntaxNode} node
   * @param {State} state
   * @param {Input} input
   */
  maybe(node, state, input) {
    const before = state.copy();
    this.node(node, state, input);
    state.joinWith(before);
  }

  /**
   * @param {SyntaxNode} node
   * @param {State} state
   * @param {Input} input
   */
  parts(node, state, input) {
    forEachChild(node, (child) => {
      if (child.type === 'CompoundList') this.maybe(child, state, input);
      else this.node(child, state, input);
    });
  }

  /**
   * @param {import('unbash').Pipeline} pipeline
   * @param {State} state
   * @param {Input} input
   */
  pipeline(pipeline, state, input) {
    let stream = input;
    for (const command of pipeline.commands) {
      const inside = pipeline.commands.length > 1 ? state.copy() : state;
      this.node(command, inside, stream);
      const downloads = command.type === 'Command' && /^(curl|wget|fetch|aria2c)$/.test(command.name?.value ?? '');
      stream = { kind: downloads || stream.kind === 'download' ? 'download' : 'pipe' };
    }
  }

  /**
   * If the words of a loop are known, its body is checked with each of them.
   *
   * @param {import('unbash').For | import('unbash').Select} loop
   * @param {State} state
   * @param {Input} input
   */
  loop(loop, state, input) {
    const words = loop.wordlist ?? [];
    checkAssignments([[loop.name.value, '']]);
    for (const word of words) this.word(word, state);
    const values = words.flatMap((word) => fieldsOf(word, state));
    const known =
      loop.wordlist !== undefined && values.length > 0 && values.length <= MAX_TURNS && !values.some(isDynamic);
    const before = state.copy();
    if (known) {
      for (const value of values) {
        state.assign(loop.name.value, value);
        this.node(loop.body, state, input);
      }
    } else {
      state.forget(loop.name.value);
      this.node(loop.body, state, input);
    }
    state.joinWith(before);
  }

  /**
   * @param {Command} command
   * @param {State} state
   * @param {Input} input
   */
  command(command, state, input) {
    if (++this.commands > MAX_COMMANDS) deny('too-complex');
    /** @type {[string, string][]} */
    const assignments = [];
    for (const part of command.prefix) if (part.type === 'Assignment') assignments.push(this.assignment(part, state));
    const argv = [];
    if (command.name) {
      this.word(command.name, state);
      argv.push(...fieldsOf(command.name, state));
    }
    for (const argument of command.args) {
      if (argument.type === 'Assignment') {
        const [name, value] = this.assignment(argument, state);
        argv.push(`${name}=${value}`);
      } else {
        this.word(argument, state);
        argv.push(...fieldsOf(argument, state));
      }
    }
    const stream = this.redirects(command.redirects, state, input);
    if (argv.length === 0) {
      checkAssignments(assignments);
      for (const [name, value] of assignments) state.assign(name, value);
      return;
    }
    checkCommand(argv, { walk: this, state, input: stream, assignments });
  }

  /**
   * @param {import('unbash').Assignment} assignment
   * @param {State} state
   * @returns {[string, string]}
   */
  assignment(assignment, state) {
    const { value, name } = assignment;
    forEachChild(assignment, (child) => this.node(child, state, { kind: 'none' }));
    if (value.type === 'ArrayValue' || assignment.index || assignment.append) return [name, '\uE000'];
    return [name, textOfWord(value, state)];
  }

  /**
   * Checks the substitutions in a word, which run before the command.
   *
   * @param {SyntaxNode} word
   * @param {State} state
   * @returns {void}
   */
  word(word, state) {
    forEachChild(word, (child) => {
      if (child.type === 'Script') return this.script(child, state.copy());
      if (child.type === 'SimpleExpansion') this.variable(child.text.slice(1), state);
      if (child.type === 'ParameterExpansion') {
        if (child.prefix === '!') deny('secret-variable');
        this.variable(child.parameter, state);
      }
      this.word(child, state);
    });
  }

  /**
   * @param {string} name
   * @param {State} state
   */
  variable(name, state) {
    if (!state.variables.has(name) && isSecretVariable(name)) deny('secret-variable');
  }

  /**
   * @param {readonly Redirection[]} redirects
   * @param {State} state
   * @param {Input} input
   * @returns {Input}
   */
  redirects(redirects, state, input) {
    let stream = input;
    for (const redirect of redirects) {
      if (redirect.type === 'HereDoc') {
        this.word(redirect.body, state);
        const { parts, text } = redirect.body;
        stream = { kind: 'text', text: parts ? textOfParts(parts, state, true) : text };
        continue;
      }
      const { target } = redirect;
      if (!target) return deny('parse-error');
      this.word(target, state);
      const text = textOfWord(target, state);
      if (redirect.type === 'HereString') stream = { kind: 'text', text };
      else if (/^\/dev\/(tcp|udp)\//.test(text)) deny('remote-shell');
      else if (redirect.operator === '<') {
        if (target.parts?.some(({ type }) => type === 'ProcessSubstitution')) stream = { kind: 'pipe' };
        else {
          if (mayMeanSecret(text)) deny('read-secret');
          forEachPath(text, state, checkRead);
          stream = { kind: 'pipe' };
        }
      } else if (!/^(\d+-?|-)$/.test(text) || !redirect.operator.endsWith('&')) {
        if (target.parts?.some(({ type }) => type === 'ProcessSubstitution')) continue;
        checkTarget(text, state, checkWrite);
      }
    }
    return stream;
  }
}

/**
 * Detects a fork bomb such as `f() { f | f & }`.
 *
 * @param {import('unbash').Function} definition
 */
function startsItself(definition) {
  let found = false;
  /** @type {(node: SyntaxNode, spread: boolean) => void} */
  const look = (node, spread) => {
    if (spread && node.type === 'Command' && node.name?.value === definition.name.value) found = true;
    const spreads = spread || node.type === 'Pipeline' || (node.type === 'Statement' && node.background === true);
    forEachChild(node, (child) => look(child, spreads));
  };
  look(definition.body, false);
  return found;
}
