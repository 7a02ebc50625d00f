import { expect, test } from 'vitest';
import { bars, bySource, latest, moments, most, pointName, rangeOf, rows, shares, type History } from './figures';

const told = (by: History['by'], series: Record<string, (number | null)[]>, more: Partial<History> = {}): History => ({
  by,
  resolution: 'day',
  since: Date.UTC(2026, 10, 27),
  step: 86_400_000,
  points: 3,
  series: Object.entries(series).map(([name, values]) => ({ name, values })),
  ...more
});

test('an address that names no range is that of two weeks', () => {
  expect(rangeOf('years').resolution).toBe('day');
  expect([rangeOf(null).key, rangeOf('centuries').key]).toEqual(['days', 'days']);
});

test('sources are summed up, or told at one place', () => {
  const moved = told('source', { lan: [1, 0, 2], seed: [0, 5, 0] });
  expect(bySource(moved)).toEqual({ lan: 3, tailnet: 0, internet: 0, seed: 5, https: 0 });
  expect(bySource(moved, 2)).toEqual({ lan: 2, tailnet: 0, internet: 0, seed: 0, https: 0 });
  expect(moments(moved)[1]).toBe(Date.UTC(2026, 10, 28) / 1000);
});

test('those that are not named are one share', () => {
  const all = shares(told('game', { boats: [1, 2, 3] }, { others: { count: 7, values: [0, 0, 4] } }));
  expect(all.map(({ name, total }) => [name, total])).toEqual([
    ['boats', 6],
    ['7 others', 4]
  ]);
});

test('a small picture leaves nothing out', () => {
  expect(bars([1, 2, null, 4, 5, 6, 7], 3)).toEqual([3, 15, 7]);
  expect(bars([1, 2], 40)).toEqual([1, 2]);
  expect(bars([], 40)).toEqual([]);
});

test('nobody is told apart from nobody knows', () => {
  const online = told('online', { friends: [null, 0, 2], seeds: [null, 1, 1] });
  expect(rows(online).map((row) => row.when)).toEqual(['29 Nov 2026', '28 Nov 2026']);
  expect([most(online.series[0]?.values ?? []), latest(online.series[0]?.values ?? []), most([null])]).toEqual([2, 2, undefined]);
  expect(rows(told('source', { lan: [0, 3, 0] })).map((row) => row.values)).toEqual([[3]]);
});

test('a day is named as in UTC wherever one is', () => {
  expect(pointName(told('source', {}), 0)).toBe('27 Nov 2026');
});
