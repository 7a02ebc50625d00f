import { expect, test } from 'vitest';
import { added, elsewhere, first, inFolder, removed } from './folders';

const folder = (name: string, games: string[] = [], there = true) => ({ folder: name, usual: false, there, free: 1, total: 2, games });
const all = [folder('/home/games', ['boats']), folder('/media/big'), folder('/media/stick', [], false)];

test('a game has a folder of its own in each', () => {
  expect([inFolder('/media/big', 'boats'), inFolder('/media/big/', 'boats'), inFolder('D:\\Games\\', 'boats'), inFolder('/', 'boats')]).toEqual(['/media/big/boats', '/media/big/boats', 'D:\\Games\\boats', '/boats']);
});

test('a game goes where it is not yet, and to no disk that is away', () => {
  expect(elsewhere(all, 'boats').map((f) => f.folder)).toEqual(['/media/big']);
  expect(elsewhere(all, 'ferry').map((f) => f.folder)).toEqual(['/home/games', '/media/big']);
});

test('the list is changed one at a time', () => {
  expect(added(all, ' /new/ ')).toEqual(['/home/games', '/media/big', '/media/stick', '/new']);
  expect(added(all, '/media/big/')).toHaveLength(3);
  expect(added([], '/')).toEqual(['/']);
  expect(removed(all, '/media/big')).toEqual(['/home/games', '/media/stick']);
  expect(first(all, '/media/big')).toEqual(['/media/big', '/home/games', '/media/stick']);
});
