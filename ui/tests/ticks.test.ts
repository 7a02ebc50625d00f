import { expect, test } from 'vitest';
import { timeTicks } from '../src/ticks';

const at = (text: string) => Date.parse(text) / 1000;

test('an axis says as much as its steps need', () => {
  const minutes = [at('2026-11-29T23:50:00Z'), at('2026-11-30T00:00:00Z')];
  expect(timeTicks(minutes, 600, true)).toEqual(['23:50', '30 Nov']);
  expect(timeTicks([at('2026-11-29T20:30:05Z')], 5, true)).toEqual(['20:30:05']);
  expect(timeTicks([at('2026-11-29T00:00:00Z')], 86_400, true)).toEqual(['29 Nov']);
});

test('the year stands where it is another one', () => {
  const months = ['2025-11-01', '2025-12-01', '2026-01-01', '2026-02-01'].map((day) => at(`${day}T00:00:00Z`));
  expect(timeTicks(months, 30 * 86_400, true)).toEqual(['Nov 2025', 'Dec', 'Jan 2026', 'Feb']);
});
