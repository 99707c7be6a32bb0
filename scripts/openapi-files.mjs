import openapiTypescript, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

/**
 * The text of docs/openapi.json.
 *
 * @param {object} document as the service answers with it
 * @returns {string}
 */
export function documentText(document) {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The text of src/client/schema.ts.
 *
 * @param {object} document as the service answers with it
 * @returns {Promise<string>}
 */
export async function clientTypes(document) {
  const types = astToString(await openapiTypescript(document, { alphabetize: true, immutable: true }));
  const text = `// Made from docs/openapi.json by scripts/openapi.mjs. Do not edit.\n\n${types}`;
  const config = await resolveConfig(import.meta.filename);
  return format(text, { ...config, parser: 'typescript' });
}
