import { expect, test } from 'vitest';
import type { Item } from '../desk/state';
import { matches, shown, tally } from './filter';

const item = (title: string, more: Partial<Item> = {}): Item => ({ slug: title.toLowerCase(), title, description: '', listed: undefined, here: undefined, play: undefined, operation: undefined, live: '1', size: 1, ...more });
const here = (update_available: boolean): NonNullable<Item['here']> => ({ game: 'g', dir: '/g', state: 'installed', version: '1', live: '2', update_available, went_back: false, next: null, size: 1, previous: null, pending: null, last_operation: null });
const titles = (items: Item[]) => items.map((i) => i.title);

test('words are found in any order, whatever their accents and case', () => {
  expect(matches('Pokémon Café', 'cafe POKE')).toBe(true);
  expect(matches('Paper Boats', 'boat paper')).toBe(true);
  expect(matches('Paper Boats', 'boat stone')).toBe(false);
  expect(matches('Paper Boats', '  ')).toBe(true);
});

test('filters and their tallies agree', () => {
  const all = [item('B', { here: here(true) }), item('A', { here: here(false) }), item('C'), item('D', { live: undefined })];
  expect(titles(shown(all, 'all', '', 'title'))).toEqual(['A', 'B', 'C', 'D']);
  expect(titles(shown(all, 'installed', '', 'title'))).toEqual(['A', 'B']);
  expect(titles(shown(all, 'ready', '', 'title'))).toEqual(['C']);
  expect(titles(shown(all, 'updates', '', 'title'))).toEqual(['B']);
  expect(tally(all)).toEqual({ all: 4, installed: 2, ready: 1, updates: 1 });
});

test('what was played last comes first, and what never was by its title', () => {
  const play = (last: number) => ({ game: 'g', running_since: null, last, seconds: 1 });
  const all = [item('Z'), item('Old', { play: play(1) }), item('New', { play: play(9) }), item('A')];
  expect(titles(shown(all, 'all', '', 'played'))).toEqual(['New', 'Old', 'A', 'Z']);
});
