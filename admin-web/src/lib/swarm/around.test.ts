import { expect, test } from 'vitest';
import { besides, chosen, lead, nameOf, shareOf, type GameSwarm, type SwarmBlob, type SwarmRun } from './around';

const blob = (hash: string, version: string, from?: string): SwarmBlob => ({ blob: { hash, size: 4 << 20 }, version, live: false, pieces: 4, copies: 1, friends: 1, seeds: 1, ...(from === undefined ? {} : { from }) });
const none = { lan: 0, tailnet: 0, internet: 0, seed: 0, https: 0 };
const run = (seed: boolean, held: [string, number][]): SwarmRun => ({ peer: 'p', name: 'ann', device: 'd', seed, network: 'lan', since: 0, heard: 0, down: none, up: 0, held: held.map(([blob, pieces]) => ({ blob, pieces })) });
const swarm = (...runs: SwarmRun[]): GameSwarm => ({ at: 0, blobs: [blob('a', '2'), blob('b', '1'), blob('c', '2', '1'), blob('d', '1', '0')], runs, left_off: 0 });

test('what somebody has is told by shares, and the rest by name', () => {
  const ann = run(false, [['a', 1], ['b', 4], ['c', 2], ['d', 4]]);
  const here = swarm(ann);
  const shown = chosen(here, null);
  expect(shown && nameOf(shown)).toBe('2');
  expect(shown && shareOf(ann, shown)).toBe(0.25);
  expect(shown && besides(ann, here, shown)).toBe('1, 50 % of 1 → 2 and 1 more');
  expect(chosen(here, 'c')?.from).toBe('1');
  expect(chosen(here, 'gone')?.version).toBe('2');
});

test('who is here is a sentence', () => {
  expect(lead(swarm())).toBe('Nobody is here.');
  expect(lead(swarm(run(true, [])))).toBe('No friend is here, only the seed.');
  expect(lead({ ...swarm(run(true, []), run(false, [])), left_off: 9 })).toBe('10 programs of friends and 1 seed are here.');
});
