import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TYPES, types } from '../../../scripts/api.mjs';

test('the committed types are those of the committed description', async () => {
  expect(readFileSync(TYPES, 'utf8')).toBe(await types());
});
