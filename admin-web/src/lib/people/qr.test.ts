import { expect, test } from 'vitest';
import { squares } from './qr';

test('dark squares that touch are one run, within the quiet zone', () => {
  expect(squares(['1101', '0000', '0001'])).toBe('M4 4h2v1h-2zM7 4h1v1h-1zM7 6h1v1h-1z');
});
