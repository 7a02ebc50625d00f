import { expect, test } from 'vitest';
import { another, inForce, problem, read, write, type Change } from './schedule';

test('a schedule is read and written as the engine does', () => {
  const text = '08:00,512k Mon-Fri-17:30,2M Sun-23:00,off 00:00,77';
  expect(read(text)).toEqual([
    { days: '', time: '08:00', limit: 512_000 },
    { days: 'Mon-Fri', time: '17:30', limit: 2_000_000 },
    { days: 'Sun', time: '23:00', limit: null },
    { days: '', time: '00:00', limit: 77 }
  ]);
  expect(read(write(read(text)))).toEqual(read(text));
  expect([read('none'), write([])]).toEqual([[], 'none']);
});

test('what can’t be is said, and what is added never is', () => {
  const at = (time: string, days = ''): Change => ({ days, time, limit: null });
  expect(problem([at('08:00'), at('08:00', 'Sat')])).toBeUndefined();
  expect(problem([at('08:00'), at('08:00')])).toContain('twice');
  expect(problem([at('')])).toContain('Say when');
  let changes: Change[] = [];
  for (let n = 0; n < 24; n += 1) changes = [...changes, another(changes)];
  expect(problem(changes)).toBeUndefined();
});

test('what counts now is said with its end', () => {
  const now = new Date(2026, 10, 27, 20, 0).getTime();
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 0).getTime();
  expect(inForce({ limit: 512_000, until: at(27, 23), playing: false }, now)).toBe('512 kB/s until 23:00');
  expect(inForce({ limit: null, until: at(29, 9), playing: false }, now)).toBe('no limit until Sunday 09:00');
  expect(inForce({ limit: null, until: null, playing: false }, now)).toBe('no limit');
  expect(inForce({ limit: 100_000, until: null, playing: true }, now)).toBe('100 kB/s while a game runs');
});
