import { expect, test } from 'vitest';
import type { GameStatus, OperationView, Order, Play } from '../backend';
import type { Item } from '../desk/state';
import { button, playsWithoutUpdate } from './button';

const here = (state: GameStatus['state'], more: Partial<GameStatus> = {}): GameStatus => ({ game: 'g', dir: '/g', state, version: '1', live: '2', update_available: false, went_back: false, next: null, size: 1, previous: null, pending: null, last_operation: null, ...more });
const op = (state: OperationView['state'], order: Order['kind'], more: Partial<OperationView> = {}): OperationView => ({ id: 1, order: { kind: order, game: 'g' } as Order, state, ordered: 0, ended: null, phase: null, plan: null, network: null, disk: null, remarks: [], outcome: null, failure: null, ...more });
const running: Play = { game: 'g', running_since: 5, last: 5, seconds: 0 };
const network = (done: number, sources = 2) => ({ done, total: 100, bytes: { lan: 0, tailnet: 0, seed: 0, https: 0 }, rate: 1, eta: 1, sources });
const item = (more: Partial<Item>): Item => ({ slug: 'g', title: 'G', description: '', listed: undefined, here: undefined, play: undefined, operation: undefined, live: '2', size: 1, ...more });
const says = (more: Partial<Item>, online = true) => {
  const { word, act } = button(item(more), online);
  return [word, act];
};

test('each state has its word and its act', () => {
  expect(says({})).toEqual(['Install', 'install']);
  expect(says({ live: undefined })).toEqual(['No build yet', undefined]);
  expect(says({ operation: op('queued', 'install') })).toEqual(['Queued', 'pause']);
  expect(says({ operation: op('running', 'install') })).toEqual(['Installing', 'pause']);
  expect(says({ operation: op('running', 'install', { phase: 'downloading', network: network(42) }) })).toEqual(['Downloading', 'pause']);
  expect(says({ operation: op('running', 'update', { phase: 'preparing' }) })).toEqual(['Preparing', 'pause']);
  expect(says({ operation: op('running', 'update', { phase: 'patching' }) })).toEqual(['Patching', 'pause']);
  expect(says({ operation: op('running', 'verify', { phase: 'verifying' }) })).toEqual(['Verifying', 'pause']);
  expect(says({ operation: op('paused', 'update') })).toEqual(['Resume', 'resume']);
  expect(says({ here: here('installed') })).toEqual(['Play', 'play']);
  expect(says({ here: here('installed') }, false)).toEqual(['Play offline', 'play']);
  expect(says({ here: here('installed', { update_available: true }) })).toEqual(['Update', 'update']);
  expect(says({ here: here('damaged') })).toEqual(['Repair', 'repair']);
  expect(says({ here: here('missing') })).toEqual(['Find its folder', 'locate']);
  expect(says({ here: here('unverified') })).toEqual(['Verify', 'verify']);
  expect(says({ here: here('installing') })).toEqual(['Resume', 'install']);
  expect(says({ here: here('updating') })).toEqual(['Resume', 'update']);
  expect(says({ here: here('installed'), play: running })).toEqual(['Stop', 'stop']);
});

test('what can not be stopped has no act', () => {
  expect(says({ operation: op('running', 'update', { phase: 'committing' }) })).toEqual(['Finishing', undefined]);
  expect(says({ operation: op('running', 'uninstall') })).toEqual(['Removing', undefined]);
});

test('waiting says for what', () => {
  const alone = op('running', 'install', { phase: 'downloading', network: network(42, 0) });
  expect(button(item({ operation: alone }), false)).toMatchObject({ word: 'Waiting', note: 'for the server or a friend' });
  expect(button(item({ operation: alone }), true).word).toBe('Downloading');
  expect(button(item({ here: here('installed'), play: running, operation: op('queued', 'update') }), true).note).toBe('an update waits until you stop');
});

test('how far it is comes from the network while it fetches, and from the disk else', () => {
  const both = { network: network(42), disk: { done: 7, total: 10 } };
  expect(button(item({ operation: op('running', 'install', { phase: 'downloading', ...both }) }), true).share).toBe(0.42);
  expect(button(item({ operation: op('running', 'install', { phase: 'verifying', ...both }) }), true).share).toBe(0.7);
  expect(button(item({ operation: op('running', 'install', { phase: 'checking' }) }), true).share).toBeNaN();
});

test('an old build can be played instead of updated, but not while that runs', () => {
  const old = here('installed', { update_available: true });
  expect(playsWithoutUpdate(item({ here: old }))).toBe(true);
  expect(playsWithoutUpdate(item({ here: old, operation: op('queued', 'update') }))).toBe(false);
});
