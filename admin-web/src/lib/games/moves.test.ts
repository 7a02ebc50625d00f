import { expect, test } from 'vitest';
import { moves, UNDO_FOR } from './moves';

const entry = (at: number, subject: string, action = 'build.live') => ({ at, subject, action, actor: 'admin' });

test('the latest move of each game can be undone for a day', () => {
  const log = [entry(30, 'a@3'), entry(20, 'b@1'), entry(10, 'a@2'), entry(5, 'a', 'game.edit')];
  expect(moves(log, {}, 40)).toEqual([
    { game: 'a', to: '3', from: '2', at: 30, by: 'admin' },
    { game: 'b', to: '1', from: undefined, at: 20, by: 'admin' }
  ]);
  expect(moves(log, {}, 30 + UNDO_FOR).map((m) => m.game)).toEqual(['a']);
});

test('what this browser saw go counts more than the log, if it is of the same move', () => {
  const log = [entry(30, 'a@3'), entry(10, 'a@1')];
  expect(moves(log, { a: { from: '2', to: '3', at: 29 } }, 40)[0]?.from).toBe('2');
  expect(moves(log, { a: { from: '2', to: '9', at: 29 } }, 40)[0]?.from).toBe('1');
});
