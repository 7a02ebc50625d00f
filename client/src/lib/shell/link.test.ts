import { expect, test } from 'vitest';
import { pageOf, serverOf } from './link';

test('a link names a page or nothing', () => {
  expect(pageOf('game/paper-boats')).toBe('game/paper-boats');
  expect(pageOf('install/paper-boats')).toBe('game/paper-boats?ask=install');
  expect(pageOf('join/https://mist.example.org/join/abc#T.R')).toBe('join?link=https%3A%2F%2Fmist.example.org%2Fjoin%2Fabc%23T.R');
  for (const other of [undefined, '', 'game/', 'game/../x', 'game/A', 'remove/paper-boats', 'game/a?b#c']) expect(pageOf(other)).toBeUndefined();
});

test('a link says which server it is for', () => {
  expect(serverOf(' https://mist.example.org/join/abc#T.R ')).toBe('mist.example.org');
  expect(serverOf('http://127.0.0.1:7400/join/abc')).toBe('127.0.0.1:7400');
  expect(serverOf(`mist://join?link=${encodeURIComponent('https://mist.example.org/join/abc#T.R')}`)).toBe('mist.example.org');
  for (const other of ['', 'mist.example.org', 'file:///etc/passwd', 'mist://join', 'mist:', 'javascript:alert(1)']) expect(serverOf(other)).toBeUndefined();
});
