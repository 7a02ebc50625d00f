import { expect, test } from 'vitest';
import type { Rung } from '@mist/ui';
import { leaves, reach, way, who } from './reach';

const rung = (version: string, sequence: number, patches: [string, number][], live = false): Rung => ({
  version,
  sequence,
  state: 'ready',
  live,
  content: 1000,
  files: 1,
  created: 0,
  kept: 'whole',
  patches: patches.map(([from, size]) => ({ from, size }))
});
const RUNGS = [rung('1', 1, []), rung('2', 2, [['1', 40]]), rung('3', 3, [['2', 5]], true), rung('4', 4, [['3', 10]])];
const held = (version: string, friends: number, last_known = friends) => ({ version, friends, last_known });

test('each build’s friends fetch what leads from it, and what is the same leaves once', () => {
  const found = reach(RUNGS, '4', [held('1', 0, 1), held('2', 0, 0), held('3', 2, 3), held('4', 1)]);
  expect(found.shares).toEqual([
    { from: '3', friends: 3, online: 2, each: 10, patched: true, patches: 1, together: 30 },
    { from: '1', friends: 1, online: 0, each: 55, patched: true, patches: 3, together: 55 }
  ]);
  expect(found).toMatchObject({ friends: 4, settled: 1, bytes: 85, once: 55 });
  expect(leaves(found)).toBe('about one copy; 4 copies or 85 B at most, if friends can’t reach each other');
  expect(found.shares.map((share) => `${who(share)}: ${way(share)}`)).toEqual(['3 friends, 2 online: by one patch', '1 friend, not online: by 3 patches']);
});

test('where no patch leads, all of them fetch from the build itself, which leaves once', () => {
  const found = reach(RUNGS, '1', [held('3', 2), held('2', 1)]);
  expect(found).toMatchObject({ friends: 3, bytes: 3000, once: 1000 });
  expect(way(found.shares[0]!)).toMatch(/^at most, as no patch leads there/);
});

test('the live build is told of although nobody has it, and a build that is gone is not', () => {
  const found = reach(RUNGS, '4', [held('0.9', 3), held('1', 0), held('3', 0)]);
  expect(found.shares.map((share) => [share.from, who(share)])).toEqual([['3', 'nobody has it now']]);
  expect(found).toMatchObject({ friends: 0, bytes: 0, once: 0 });
});

test('what one friend fetches is a copy, and what is different for each is no copy of anything', () => {
  const one = reach(RUNGS, '4', [held('3', 1)]);
  expect(leaves(one)).toBe('one copy, for one friend');
  expect(who(one.shares[0]!)).toBe('1 friend, online');
  const apart = [rung('1', 1, []), rung('2', 2, []), rung('3', 3, [['1', 7], ['2', 9]])];
  expect(leaves(reach(apart, '3', [held('1', 1), held('2', 1)]))).toBe('every friend fetches something else');
});
