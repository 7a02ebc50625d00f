import { expect, test } from 'vitest';
import { Recent } from './pictures';

test('what was used least recently goes first, and is told', () => {
  const gone: number[] = [];
  const recent = new Recent<number>(2, (n) => gone.push(n));
  recent.set('a', 1);
  recent.set('b', 2);
  expect(recent.get('a')).toBe(1);
  recent.set('c', 3);
  expect(gone).toEqual([2]);
  expect(recent.get('b')).toBeUndefined();
  recent.set('a', 4);
  expect(gone).toEqual([2, 1]);
  expect([recent.get('a'), recent.get('c')]).toEqual([4, 3]);
});
