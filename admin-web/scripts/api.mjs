// Writes the types of the API from its committed description: `npm run api --workspace admin-web`.
import { writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

export const DESCRIPTION = new URL('../../docs/openapi.json', import.meta.url);
export const TYPES = new URL('../src/lib/api/schema.d.ts', import.meta.url);

/** The types, as they are committed. */
export async function types() {
  const nodes = await openapiTS(DESCRIPTION, { alphabetize: true, defaultNonNullable: false });
  return `// Made from docs/openapi.json by \`npm run api --workspace admin-web\`. Not edited by hand.\n\n${astToString(nodes)}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(TYPES, await types());
}
