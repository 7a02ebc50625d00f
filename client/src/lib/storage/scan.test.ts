import { expect, test } from 'vitest';
import type { Found } from '../backend';
import { chosen, key, offered, progress, share } from './scan';

const found = (game: string, dir: string, there: number, more: Partial<Found> = {}): Found => ({ game, version: '1.0', dir, files: 10, fits: there / 10, bytes: 100, bytes_there: there, read: 3, right: 3, ...more });

test('of each game the fullest place is offered, and no scraps', () => {
  const all = [found('a', '/1', 100), found('a', '/2', 60), found('b', '/3', 49)];
  expect([...offered(all)]).toEqual(['a /1']);
});

test('of one game one place is chosen', () => {
  const [one, two, other] = [found('a', '/1', 100), found('a', '/2', 60), found('b', '/3', 90)];
  const all = [one, two, other];
  const first = chosen(all, new Set([key(one)]), other);
  expect([...first].sort()).toEqual(['a /1', 'b /3']);
  expect([...chosen(all, first, two)].sort()).toEqual(['a /2', 'b /3']);
  expect([...chosen(all, first, one)]).toEqual(['b /3']);
});

test('it is said what was seen, and that nothing was changed', () => {
  const scan = { dir: '/media', running: false, stopped: false, folders: 3, files: 1200, found: [found('a', '/media/a', 100)] };
  expect(progress({ ...scan, running: true, found: [] })).toContain('Looking through /media');
  expect(progress(scan)).toContain('1 game found');
  expect(progress(scan)).toContain('Nothing was changed yet');
  expect(progress({ ...scan, found: [] })).toContain('No game');
  expect(progress({ ...scan, stopped: true, found: [] })).toContain('Stopped');
  expect(share(found('a', '/a', 100))).toContain('all 10 files fit');
  expect(share(found('a', '/a', 50))).toContain('5 files of 10 fit, 50 %');
});
