import { expect, test } from 'vitest';
import golden from '../../readable/golden.json';
import { ago, bytes, copies, count, duration, percent } from '../src/format';

test('sizes, times and counts read as the command line writes them', () => {
  for (const [n, text] of golden.bytes) expect(bytes(n as number), String(n)).toBe(text);
  for (const [millis, text] of golden.durations) expect(duration(millis as number), String(millis)).toBe(text);
  for (const [n, one, many, text] of golden.counts)
    expect(count(n as number, one as string, many as string)).toBe(text);
});

test('some is never none, and not all is never all', () => {
  expect([percent(0, 9), percent(1, 1000), percent(999, 1000), percent(9, 9), percent(1, 0)]).toEqual([
    '0 %',
    '1 %',
    '99 %',
    '100 %',
    '0 %'
  ]);
  expect([copies(0.99), copies(1), copies(2.49), copies(12.9)]).toEqual(['0.9', '1', '2.4', '12']);
});

test('ages have one unit', () => {
  expect([0, 11_000, 61_000, 7_200_000, 200_000_000].map(ago)).toEqual([
    'just now',
    '11 s ago',
    '1 min ago',
    '2 h ago',
    '2 d ago'
  ]);
});
