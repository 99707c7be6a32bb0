/** Injection tokens for dependencies without a class of our own. */
export const EVENT_STORE = Symbol('EVENT_STORE');
export const LOGGER = Symbol('LOGGER');
/** The connection pools; see `Pools`. */
export const CALLERS_POOL = Symbol('CALLERS_POOL');
export const SEARCHES_POOL = Symbol('SEARCHES_POOL');
export const SERVICE_POOL = Symbol('SERVICE_POOL');
/** One `Runner` for each consumer of the log. */
export const RUNNERS = Symbol('RUNNERS');
/** The rules by which commands are decided. */
export const POLICY = Symbol('POLICY');
