/** The state a command runs in: its folder and the variables set before it, as far as they are known. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { ANY_TEXT, isDynamic } from './words.mjs';

/** With more possible folders than this, the folder counts as unknown. */
const MAX_FOLDERS = 4;

/** @typedef {import('./context.mjs').Context} Context */

export class State {
  /**
   * @param {Context} context
   * @param {readonly string[]} folders folders the command may run in; empty if unknown
   * @param {ReadonlyMap<string, string>} variables set by the command; ANY_TEXT if the value is unknown
   */
  constructor(context, folders, variables = new Map()) {
    this.context = context;
    this.folders = folders;
    this.variables = new Map(variables);
    /** Files that this command line downloads. */
    this.downloads = /** @type {Set<string>} */ (new Set());
  }

  /** A copy for a subshell, whose changes end with it. */
  copy() {
    const copy = new State(this.context, this.folders, this.variables);
    copy.downloads = this.downloads;
    return copy;
  }

  /**
   * @param {string} name
   * @returns {string | undefined} undefined if the value is unknown
   */
  lookUp(name) {
    const own = this.variables.get(name);
    if (own !== undefined) return isDynamic(own) ? undefined : own;
    if (name === 'PWD') return this.folders.length === 1 ? this.folders[0] : undefined;
    return this.context.known[name];
  }

  /** @param {string} name whether it certainly has no value */
  isUnset(name) {
    return !this.variables.has(name) && name in this.context.known && this.context.known[name] === undefined;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  assign(name, value) {
    this.variables.set(name, value);
  }

  /** @param {string} name */
  forget(name) {
    this.variables.set(name, ANY_TEXT);
  }

  /**
   * The paths a word may stand for: several if the command may run in different folders, none if the path is unknown.
   *
   * @param {string} text
   * @returns {string[]}
   */
  pathsOf(text) {
    if (isAbsolute(text)) return [resolve(text)];
    if (text.startsWith(ANY_TEXT)) return [];
    return this.folders.map((folder) => resolve(folder, text));
  }

  /**
   * Adds folders that the command may be in from now on.
   *
   * @param {readonly string[]} folders
   */
  mayBeIn(folders) {
    const all = [...new Set(folders)];
    this.folders = all.length > MAX_FOLDERS ? [] : all;
  }

  /**
   * Called after a `cd`. If the folder exists, the `cd` succeeded; otherwise the command may still be where it was.
   *
   * @param {State} before
   */
  settleFolders(before) {
    if (
      before.folders.length === 0 ||
      this.folders.every((folder) => before.folders.includes(folder) || existsSync(folder))
    )
      return;
    this.mayBeIn([...before.folders, ...this.folders]);
  }

  /**
   * Called after something that may not have run: what it changed is unknown from here on.
   *
   * @param {State} before
   */
  joinWith(before) {
    for (const [name, value] of this.variables) {
      if (before.variables.get(name) !== value) this.variables.set(name, ANY_TEXT);
    }
    if (this.folders.length === 0 || before.folders.length === 0) this.folders = [];
    else this.mayBeIn([...before.folders, ...this.folders]);
  }
}
