import { expect, test } from 'vitest';
import { toldBackups } from './backups';

const HOUR = 3_600_000;

test('backups are told with their age and what is wrong', () => {
  expect(toldBackups(undefined, 0)).toContain('no backups by itself');
  const backups = { folder: '/b', hours: 24, keep: 14, newest: HOUR, count: 3, late: false };
  expect(toldBackups(backups, 4 * HOUR)).toBe('A backup is made every day in /b: the newest was made 3 h ago, 3 are there, and 14 are kept.');
  expect(toldBackups({ ...backups, hours: 6, newest: null, count: 1, problem: 'no room' }, 0)).toBe('A backup is made every 6 hours in /b: none was made yet, 1 is there, and 14 are kept. The last try failed: no room.');
});
