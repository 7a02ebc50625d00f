import { expect, test } from 'vitest';
import { limit, written } from './limit';

test('a limit is megabytes a second, or none, or nothing that makes sense', () => {
  expect([limit('2'), limit('0,5'), limit(' '), limit('none'), limit('0'), limit('-1'), limit('much'), limit('1e99')]).toEqual([2_000_000, 500_000, null, null, undefined, undefined, undefined, undefined]);
  expect([written(2_500_000), written(null)]).toEqual(['2.5', '']);
});
