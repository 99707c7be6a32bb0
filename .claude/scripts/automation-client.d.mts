/** Types of the generated `automation-client.mjs`. */
export { createAutomationClient, NoAnswer, NotTheService } from '../../src/client/automation-client.ts';
export { backoffMs } from '../../src/infrastructure/backoff.ts';
