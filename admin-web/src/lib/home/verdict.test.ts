import { expect, test } from 'vitest';
import type { Stats } from '$lib/api/client';
import { verdict } from './verdict';

const none = { lan: 0, tailnet: 0, internet: 0, seed: 0, https: 0 };
const stats = (more: Partial<Stats> = {}): Stats => ({
  at: 0,
  server: '0.1.0',
  uptime: 1,
  health: { ok: true, problems: [] },
  swarm: { peers: 0, seeds: 1 },
  bytes: none,
  games: [],
  jobs: { queued: 0, running: 0, failed: 0, done: 0 },
  stores: [{ seed: 's', ok: true, used: 0, free: 1e12 }],
  ...more
});
const game = (copies: number) => ({ game: 'a', live: '1', builds: 1, copies, peers: 0, bytes: none });

test('a server where nothing happens is still', () => {
  expect(verdict(stats())).toMatchObject({ tone: 'well', sentence: 'All is well, and all is still.', more: 'No friend is online.' });
});

test('jobs at work are counted', () => {
  expect(verdict(stats({ jobs: { queued: 1, running: 1, failed: 0, done: 9 } })).sentence).toBe('All is well, and two jobs are at work.');
});

test('copies are those of the game that has the fewest', () => {
  expect(verdict(stats({ swarm: { peers: 1, seeds: 1 }, games: [game(3), game(1.99)] })).more).toBe('1 friend is online, and each live build has at least 1.9 copies.');
});

test('each trouble has a button, and they are counted in the sentence', () => {
  const bad = verdict(
    stats({
      health: { ok: false, problems: ['x', 'y'] },
      stores: [{ seed: 's', ok: false, problem: 'it is not mounted', used: 0, free: 0 }],
      jobs: { queued: 0, running: 0, failed: 1, done: 0 }
    })
  );
  expect(bad).toMatchObject({ tone: 'trouble', sentence: 'Two things need you.' });
  expect(bad.troubles.map((t) => t.to)).toEqual(['swarm', 'failed-jobs']);
});

test('what a newer server finds is shown in its own words', () => {
  expect(verdict(stats({ health: { ok: false, problems: ['the moon is full'] } })).troubles).toMatchObject([{ text: 'the moon is full' }]);
});
