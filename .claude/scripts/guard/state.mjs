/** Where a command stands: the folder it runs in and the variables that were set before it, as far as both are known. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { ANY_TEXT, isDynamic } from './words.mjs';

/** More possible folders than this are as good as not known. */
const MAX_FOLDERS = 4;

/** @typedef {import('./context.mjs').Context} Context */

export class State {
  /**
   * @param {Context} context
   * @param {readonly string[]} folders the folders it may be in; none when that is not known
   * @param {ReadonlyMap<string, string>} variables what the command set; ANY_TEXT where the value is not known
   */
  constructor(context, folders, variables = new Map()) {
    this.context = context;
    this.folders = folders;
    this.variables = new Map(variables);
    /** What was downloaded to a file by this command. */
    this.downloads = /** @type {Set<string>} */ (new Set());
  }

  /** For a subshell, whose changes end with it. */
  copy() {
    const copy = new State(this.context, this.folders, this.variables);
    copy.downloads = this.downloads;
    return copy;
  }

  /**
   * @param {string} name
   * @returns {string | undefined} undefined when the value is not known
   */
  lookUp(name) {
    const own = this.variables.get(name);
    if (own !== undefined) return isDynamic(own) ? undefined : own;
    if (name === 'PWD') return this.folders.length === 1 ? this.folders[0] : undefined;
    return this.context.known[name];
  }

  /** @param {string} name whether it is sure to have no value */
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
   * The paths that a word may mean: several when it is not known in which folder the command runs, none when that cannot be said.
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
   * After a `cd`: into a folder that is there it went, else it may still be where it was.
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
   * After something that may not have run: what it changed is no longer known.
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
