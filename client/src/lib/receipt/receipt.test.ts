import { expect, test } from 'vitest';
import type { OperationRecord, OperationView } from '../backend';
import { ended, kept, spentOn } from './receipt';

const record = (forecast: number, actual: number): OperationRecord => ({ kind: 'update', from: '1', to: '2', route: 'patches', forecast_bytes: forecast, actual_bytes: actual, bytes: { lan: actual * 0.75, tailnet: 0, seed: actual * 0.25, https: 0 }, wire: null, ahead: { lan: 0, tailnet: 0, seed: 0, https: 0 }, disk: { before: 0, forecast: 0, peak: 0 }, seconds: 2.5, spent: { network: 1, limit: 1.4, sources: 0, seed: 0, hash: 0.1, disk: 0, patch: 0 }, finished: 0 });
const done = (outcome: OperationView['outcome'], kind: 'update' | 'verify' = 'update'): OperationView => ({ id: 1, order: { kind, game: 'g' }, state: 'done', ordered: 0, ended: 1, phase: null, plan: null, network: null, disk: null, remarks: [], outcome, failure: null });

test('a sentence tells what it took and who gave it', () => {
  expect(ended(done({ outcome: 'present', version: '2', before: '1', operation: record(4e6, 4e6) }), 'Paper Boats')).toBe('Paper Boats is at 2: 4.00 MB in 2.5 s, 75 % of it from friends.');
  expect(ended(done({ outcome: 'verified', version: '2', damaged: ['a', 'b'], repair_bytes: 46e6 }, 'verify'), 'Paper Boats')).toBe('Paper Boats: 2 files are not right. Repairing fetches at most 46.0 MB.');
});

test('a promise that was not kept is said', () => {
  expect(kept(record(4e6, 3e6))).toBe('as promised, or less');
  expect(kept(record(4e6, 8e6))).toBe('100 % more than promised');
});

test('what the time went into is told, the most first', () => {
  expect(spentOn(record(1, 1)).map(({ what }) => what)).toEqual(['your limit', 'the network']);
  expect(spentOn({ ...record(1, 1), spent: null })).toEqual([]);
});
