import { expect, test } from 'vitest';
import { words } from './words';

test('quotes hold words together', () => {
  expect(words(`+map harbour --name "Mia of the Boats" '' -x`)).toEqual(['+map', 'harbour', '--name', 'Mia of the Boats', '', '-x']);
  expect(words('  ')).toEqual([]);
});
