/** What Nest's container hands out that is no class of ours. */
export const EVENT_STORE = Symbol('EVENT_STORE');
export const LOGGER = Symbol('LOGGER');
/** The pools of the database; see `Pools`. */
export const CALLERS_POOL = Symbol('CALLERS_POOL');
export const SEARCHES_POOL = Symbol('SEARCHES_POOL');
export const SERVICE_POOL = Symbol('SERVICE_POOL');
