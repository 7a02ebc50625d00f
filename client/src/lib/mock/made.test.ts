import { expect, test } from 'vitest';
import { START, ask, type Delta, type OperationView } from '../backend';
import { after, empty } from '../desk/state';
import { Made } from './made';

const NOW = 1_800_000_000_000;
const operations = (made: Made) => ask(made, { request: 'operations' }, 'operations');
const one = async (made: Made, id: number): Promise<OperationView> => {
  const found = (await operations(made)).find((o) => o.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

test('an install goes through its phases, and ends as an installed game with its receipt', async () => {
  const made = new Made('offline', NOW);
  made.advance(1000);
  const quick = new Made('trouble', NOW);
  const id = await ask(quick, { request: 'submit', order: { kind: 'install', game: 'orbit-garden', version: null, dir: null } }, 'submitted');
  const phases = new Set<string>();
  let before = 0;
  for (let second = 0; second < 60; second += 1) {
    quick.advance(1000);
    const o = await one(quick, id);
    if (o.phase) phases.add(o.phase);
    expect(o.network?.done ?? 0, 'progress never falls').toBeGreaterThanOrEqual(before);
    before = o.network?.done ?? before;
  }
  const end = await one(quick, id);
  expect([...phases]).toEqual(['checking', 'downloading', 'committing', 'verifying']);
  expect(end.state).toBe('done');
  expect(end.outcome).toMatchObject({ outcome: 'present', version: '1.0', before: null });
  const items = await ask(quick, { request: 'library' }, 'library');
  expect(items.find((i) => i.game.slug === 'orbit-garden')?.here?.state).toBe('installed');
});

test('two runs of one evening are the same', async () => {
  const run = async () => {
    const made = new Made('evening', NOW);
    made.advance(20_000);
    return operations(made);
  };
  expect(await run()).toEqual(await run());
});

test('paused stands still, and goes on; the queue can be reordered', async () => {
  const made = new Made('evening', NOW);
  await ask(made, { request: 'control', id: 81, control: { control: 'pause' } }, 'done');
  const paused = await one(made, 81);
  made.advance(5000);
  expect(await one(made, 81)).toEqual(paused);
  await ask(made, { request: 'control', id: 81, control: { control: 'resume' } }, 'done');
  await ask(made, { request: 'control', id: 84, control: { control: 'before', other: 81 } }, 'done');
  const open = (await operations(made)).filter((o) => o.ended === null).map((o) => o.id);
  expect(open.indexOf(84)).toBeLessThan(open.indexOf(81));
});

test('nothing is done to a game that runs', async () => {
  const made = new Made('evening', NOW);
  const id = await ask(made, { request: 'submit', order: { kind: 'verify', game: 'glass-orchard' } }, 'submitted');
  made.advance(3000);
  expect((await one(made, id)).state).toBe('queued');
  await ask(made, { request: 'stop_game', game: 'glass-orchard' }, 'done');
  made.advance(500);
  expect((await one(made, id)).state).toBe('running');
});

test('a late face and one that listened know the same', async () => {
  const made = new Made('evening', NOW);
  let [rev, deltas] = await made.next(START);
  let state = after(empty(), deltas, true);
  for (let round = 0; round < 10; round += 1) {
    made.advance(700);
    let news: Delta[];
    [rev, news] = await made.next(rev);
    state = after(state, news, false);
  }
  const late = after(empty(), (await made.next(START))[1], true);
  expect(state.operations).toEqual(late.operations);
  expect(state.games).toEqual(late.games);
});
