/** What Nest's container hands out that is no class of ours. */
export const EVENT_STORE = Symbol('EVENT_STORE');
export const LOGGER = Symbol('LOGGER');
export const POOL = Symbol('POOL');
