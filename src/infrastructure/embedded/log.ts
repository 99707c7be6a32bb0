/** Writes a line to the service's log. */
export type EmbeddedLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;
