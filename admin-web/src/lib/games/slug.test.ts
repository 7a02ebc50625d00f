import { expect, test } from 'vitest';
import { appIdOf, isSlug, slugOf } from './slug';

test('a title becomes a key', () => {
  expect(['Paper Boats', 'Pokémon: Let’s Go!', '--', 'Ünder 2'].map(slugOf)).toEqual(['paper-boats', 'pokemon-lets-go', '', 'under-2']);
  for (const title of ['a'.repeat(63) + ' b', 'x y z']) expect(isSlug(slugOf(title))).toBe(true);
  expect(['', '-a', 'a-', 'A', 'a_b', 'a'.repeat(65)].some(isSlug)).toBe(false);
});

test('a Steam application is known by its number or its address', () => {
  expect([' 730 ', 'https://store.steampowered.com/app/730/CounterStrike_2/', '0', '4294967296', '7 Days to Die', '']. map(appIdOf)).toEqual([730, 730, undefined, undefined, undefined, undefined]);
});
