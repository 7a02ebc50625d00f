import { expect, test } from 'vitest';
import type { Change } from '$lib/api/client';
import { verdict, why } from './why';

const cost = (path: string, packed: number, more = {}) => ({ path, packed, copied: 0, differing: 0, literal: 0, streams: 0, ...more });
const change = (path: string, packed: number, more = {}): Change => ({ kind: 'changed', path, old_size: 9, new_size: 9, cost: cost(path, packed, more) });

test('a file says what its bytes are made of', () => {
  expect(why(change('a', 5, { copied: 900_000, differing: 3000, literal: 12_000, streams: 2 }))).toBe(
    '12.0 kB of it are nowhere in the old build; 3.00 kB differ; 897 kB stay as they were. Compared inside 2 packed streams.'
  );
  expect(why(change('a', 5, { copied: 10, from: 'old/a' }))).toBe('10 B stay as they were, taken from old/a.');
  expect(why({ kind: 'moved', path: 'b', was: 'a' })).toBe('It was a: only the new name is fetched.');
  expect(why({ kind: 'changed', path: 'a' })).toBe('');
});

test('the verdict names what makes most of a patch', () => {
  expect(verdict(11_000_000, [change('data/level.pak', 10_000_000), change('b', 10)])).toBe('Most of 11.0 MB is level.pak.');
  expect(verdict(1000, [change('a', 990)])).toBe('Nearly all of 1.00 kB is a.');
  expect(verdict(1000, [change('a', 300), change('b', 300), change('c', 300)])).toBe('3 files make 900 B of 1.00 kB.');
  expect(verdict(1000, [change('a', 100)])).toBe('1.00 kB are spread over many files.');
  expect(verdict(1000, [])).toBe('The patch has 1.00 kB.');
});
