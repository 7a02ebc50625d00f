import { expect, test } from 'vitest';
import type { OperationView } from '../backend';
import { earlier, groups, landing, sum } from './groups';

const op = (id: number, state: OperationView['state'], lan = 0): OperationView => ({ id, order: { kind: 'update', game: `g${id}` }, state, ordered: 0, ended: null, phase: null, plan: null, network: lan ? { done: lan, total: lan, bytes: { lan, tailnet: 0, seed: 1, https: 0 }, rate: 0, eta: null, sources: 0 } : null, disk: null, remarks: [], outcome: null, failure: null });
const queue = [op(1, 'running', 5), op(2, 'running', 7), op(3, 'queued'), op(4, 'paused'), op(5, 'queued')];

test('each is in one group, in order of its turn', () => {
  const { active, queued, paused, waiting } = groups(queue);
  expect([active, queued, paused, waiting].map((g) => g.map((o) => o.id))).toEqual([[1, 2], [3, 5], [4], [3, 4, 5]]);
  expect(sum(queue)).toEqual({ lan: 12, tailnet: 0, internet: 0, seed: 2, https: 0 });
});

test('one comes before another by a button or by being dragged', () => {
  const { waiting } = groups(queue);
  expect([earlier(3, waiting), earlier(4, waiting), earlier(5, waiting)]).toEqual([undefined, 3, 4]);
  expect(landing(5, 0, waiting)).toBe(3);
  expect(landing(3, 2, waiting)).toBe(5);
  expect(landing(4, 1, waiting), 'where it is').toBeUndefined();
  expect(landing(3, 1, waiting), 'before the one after it is where it is').toBeUndefined();
});
