import { expect, test } from 'vitest';
import { nameProblem, plain } from './name';

test('names are read as they are kept', () => {
  expect(plain(' Mia ')).toBe('mia');
  for (const good of ['m', 'mia.2', '0ad', 'a'.repeat(32)]) expect(nameProblem(good)).toBeUndefined();
  for (const bad of ['', '-mia', 'mia may', 'mïa', 'a'.repeat(33)]) expect(nameProblem(bad)).toContain('1 to 32');
});
