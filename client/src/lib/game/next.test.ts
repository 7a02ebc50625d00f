import { expect, test } from 'vitest';
import type { NextBuild, OperationView } from '../backend';
import { said, when } from './next';

/** A Monday at noon. */
const NOW = new Date(2026, 10, 30, 12).getTime();
const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();

test('a time is said as people say it', () => {
  expect(when(at(30, 20), NOW)).toBe('today 20:00');
  expect(when(at(31, 1), NOW)).toBe('tomorrow 01:00');
  expect(when(at(34, 20), NOW)).toBe('Friday 20:00');
  expect(when(at(37, 20), NOW)).toBe('7 Dec 20:00');
  expect(when(at(29, 20), NOW)).toBe('29 Nov 20:00');
});

test('what can be done follows from how far it is', () => {
  const next = (more: Partial<NextBuild> = {}): NextBuild => ({ version: '2.1', live_at: at(34, 20), fetching: false, ready: false, bytes: 0, ...more });
  const op = (state: OperationView['state']) => ({ state }) as OperationView;
  const of = (build: NextBuild, state?: OperationView['state']) => {
    const { head, act } = said(build, state && op(state), NOW);
    return [head, act];
  };
  expect(of(next())).toEqual(['2.1 goes live Friday 20:00', 'fetch']);
  expect(of(next({ fetching: true }), 'running')).toEqual(['2.1 goes live Friday 20:00', 'pause']);
  expect(of(next({ fetching: true }), 'paused')).toEqual(['2.1 goes live Friday 20:00', 'resume']);
  expect(of(next({ fetching: true, ready: true, bytes: 5 }))).toEqual(['2.1 is ready for Friday 20:00', undefined]);
  expect(said(next({ bytes: 2e6 }), undefined, NOW).text).toContain('2.00 MB');
});
