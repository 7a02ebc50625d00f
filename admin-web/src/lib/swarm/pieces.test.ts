import { expect, test } from 'vitest';
import { levelOf, said, shares, sizes, type PieceMap } from './pieces';

const map = (pieces: number, least: number[], more: Partial<PieceMap> = {}): PieceMap => ({
  blob: { hash: 'a', size: pieces },
  pieces,
  seeds: 1,
  complete: 0,
  placed: 0,
  unplaced: 0,
  parts: least.map((n) => ({ least: n, mean: n })),
  ...more
});

test('parts are as large as the server makes them', () => {
  expect(sizes(map(10, [0, 0, 0]))).toEqual([3, 3, 4]);
  expect(sizes(map(500_000, Array(1024).fill(0))).reduce((sum, size) => sum + size, 0)).toBe(500_000);
});

test('shares are by pieces, not by parts', () => {
  expect(shares(map(10, [0, 1, 7]))).toEqual([0.3, 0.3, 0, 0, 0.4]);
  expect([0, 1, 2, 3, 5, 6, 99].map(levelOf)).toEqual([0, 1, 2, 3, 3, 4, 4]);
});

test('the sentence says what matters: what only the seed has', () => {
  expect(said(map(4, [0, 0, 0, 0]))).toBe('No friend has any piece of it that is known of: all comes from the seed.');
  expect(said(map(4, [1, 0, 1, 1], { placed: 1 }))).toBe('No friend has all of it, and 1 friend has a part. 25 % of it is in parts with a piece that no friend has, only the seed.');
  expect(said(map(2, [2, 3], { complete: 2, placed: 1 }))).toBe('2 friends have all of it, and 1 friend has a part. Every piece is with 2 friends at least.');
});
