import openapiTypescript, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

/** The text of docs/openapi.json, made from the document that the service serves. */
export function documentText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The text of src/client/schema.ts, made from the same document. */
export async function clientTypes(document: object): Promise<string> {
  const source = structuredClone(document) as Parameters<typeof openapiTypescript>[0];
  const types = astToString(await openapiTypescript(source, { alphabetize: true, defaultNonNullable: false }));
  const text = `// Made from docs/openapi.json by scripts/openapi.mjs. Do not edit.\n\n${types}`;
  const config = await resolveConfig(import.meta.filename);
  return format(text, { ...config, parser: 'typescript' });
}
