import { expect, test } from 'vitest';
import type { Job } from './api/client';
import { pause } from './live/live.svelte';
import { withJob } from './read';

const job = (id: string, updated: number): Job => ({
  id,
  spec: { kind: 'thin', game: 'a' },
  state: 'running',
  stage: '',
  done: 0,
  total: 0,
  attempts: 1,
  created: 0,
  updated
});

test('an event brings a job up to date, and a late one does not set it back', () => {
  const known = [job('b', 5), job('a', 5)];
  expect(withJob(known, job('a', 6)).map((j) => j.updated)).toEqual([5, 6]);
  expect(withJob(known, job('a', 4)).map((j) => j.updated)).toEqual([5, 5]);
  expect(withJob(known, job('c', 9)).map((j) => j.id)).toEqual(['c', 'b', 'a']);
});

test('a lost line is tried more and more seldom, and never more seldom than four times a minute', () => {
  expect([0, 1, 2, 3, 4, 99].map(pause)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
});
