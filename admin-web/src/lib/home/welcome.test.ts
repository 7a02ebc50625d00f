import { expect, test } from 'vitest';
import type { Schemas, Stats } from '$lib/api/client';
import { isReady, steps, type Known } from './welcome';

const none = { lan: 0, tailnet: 0, internet: 0, seed: 0, https: 0 };
const stats = (live: (string | null)[], ok = true): Stats => ({
  at: 0,
  server: '0',
  uptime: 0,
  health: { ok: true, problems: [] },
  swarm: { peers: 0, seeds: 1 },
  bytes: none,
  games: live.map((live) => ({ game: 'drift', live, builds: 1, copies: 1, peers: 0, bytes: none })),
  jobs: { queued: 0, running: 0, failed: 0, done: 0 },
  stores: [{ seed: 's', ok, problem: ok ? null : 'it is not mounted', used: 0, free: 1, public_url: null }]
});
const known = (more: Partial<Known>): Known => ({ stats: stats([]), origin: 'http://192.168.1.9:8080', name: 'ann', ...more });
const done = (at: Known) => steps(at).filter((step) => step.done).map((step) => step.key);

test('a new server has all of it before it but its store', () => {
  expect(done(known({}))).toEqual(['store']);
  const all = steps(known({}));
  expect(all.flatMap((step) => step.commands ?? [])).toEqual(['mistpipe login http://192.168.1.9:8080 --user ann', 'mistpipe push FOLDER --game KEY --version 1.0']);
  const broken = steps(known({ stats: stats([], false) })).find((step) => step.key === 'store');
  expect(broken).toMatchObject({ done: false, more: 'Its store can’t be used: it is not mounted.' });
});

test('each step is done once its thing is there, in whatever order', () => {
  const settings = { settings: [{ name: 'public_url', value: 'https://mist.example/' }] } as Schemas['ServerSettings'];
  const seal = { release_keys: [{}] } as Schemas['Seal'];
  const some = known({ stats: stats([null]), settings, invites: 1 });
  expect(done(some)).toEqual(['address', 'store', 'game']);
  expect(steps(some).flatMap((step) => step.commands ?? [])).toEqual(['mistpipe login https://mist.example --user ann', 'mistpipe push FOLDER --game drift --version 1.0']);
  expect(steps(some).at(-1)?.what).toContain('Wait for the friend');
  expect(done(known({ stats: stats(['1.0']), settings, seal, accounts: 2 }))).toHaveLength(6);
});

test('it is over with a live build and a friend', () => {
  expect(isReady(stats(['1.0']), 2)).toBe(true);
  expect(isReady(stats(['1.0']), undefined)).toBe(true);
  expect(isReady(stats(['1.0']), 1)).toBe(false);
  expect(isReady(stats([null]), 2)).toBe(false);
});
