import { expect, test } from 'vitest';
import { shown, WHOLE } from '../src/rows';

test('a short list is there as a whole', () => {
  expect(shown(WHOLE, 60, -5000, 900)).toHaveLength(WHOLE);
  expect(shown(0, 60, 0, 900)).toEqual([]);
});

test('of a long one there is what is seen and some around it, wherever one is', () => {
  for (const top of [300, 0, -60, -12_345, -599_400, -700_000]) {
    const places = shown(10_000, 60, top, 900);
    expect(places.length).toBeLessThan(45);
    const seen = { first: Math.max(0, Math.floor(-top / 60)), last: Math.min(9999, Math.floor((900 - top) / 60)) };
    if (seen.first < 10_000) for (const place of [seen.first, seen.last]) expect(places).toContain(place);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  }
});

test('the row with the focus stays, in its order', () => {
  expect(shown(10_000, 60, -300_000, 900, 3)[0]).toBe(3);
  expect(shown(10_000, 60, 0, 900, 9_000).at(-1)).toBe(9_000);
  expect(shown(10_000, 60, 0, 900, 10_000).at(-1)).toBeLessThan(100);
  const places = shown(10_000, 60, -300_000, 900, 5_001);
  expect(new Set(places).size).toBe(places.length);
});
