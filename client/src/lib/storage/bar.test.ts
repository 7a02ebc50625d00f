import { expect, test } from 'vitest';
import { bar } from './bar';

test('what is neither a game nor free is something else, and never less than nothing', () => {
  const disk = { folder: '/g', usual: true, free: 30, total: 100, games: ['a', 'b'] };
  const item = (slug: string, size: number) => [slug, { slug, title: slug, description: '', listed: undefined, play: undefined, operation: undefined, live: '1', size, here: { game: slug, dir: '', state: 'installed' as const, version: '1', live: '1', update_available: false, went_back: false, next: null, size, previous: slug === 'a' ? { version: '0', bytes: 5 } : null, pending: null, last_operation: null } }] as const;
  const parts = bar(disk, new Map([item('a', 10), item('b', 20)]));
  expect(parts.each.map((p) => p.slug)).toEqual(['b', 'a']);
  expect(parts).toMatchObject({ games: 35, other: 35, free: 30 });
  expect(parts.each.map((p) => [p.size, p.kept]), 'what is kept to go back is the game’s').toEqual([[20, 0], [15, 5]]);
  expect(bar(disk, new Map([item('a', 90)])).other).toBe(0);
});
