import { expect, test } from 'vitest';
import { pageOf } from './link';

test('a link names a page or nothing', () => {
  expect(pageOf('game/paper-boats')).toBe('game/paper-boats');
  expect(pageOf('install/paper-boats')).toBe('game/paper-boats?ask=install');
  expect(pageOf('join/https://mist.example.org/')).toBe('sign-in?server=https%3A%2F%2Fmist.example.org%2F');
  for (const other of [undefined, '', 'game/', 'game/../x', 'game/A', 'remove/paper-boats', 'game/a?b#c']) expect(pageOf(other)).toBeUndefined();
});
