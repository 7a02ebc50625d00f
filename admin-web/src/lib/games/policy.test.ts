import { expect, test } from 'vitest';
import { inForce, kept, typed, wrongDays, wrongNewest } from './policy';

test('what a policy keeps is said in words', () => {
  expect(kept(null)).toBe('every build is kept');
  expect(kept({ keep_newest: 1, keep_days: null })).toBe('the newest build is kept');
  expect(kept({ keep_newest: 5, keep_days: 30 })).toBe('the newest 5 builds are kept, and all younger than 30 days');
  expect(kept({ keep_newest: 2, keep_days: 1 })).toBe('the newest 2 builds are kept, and all younger than 1 day');
});

test('what was typed is a policy, or says what is wrong', () => {
  expect(typed(' 5 ', '')).toEqual({ keep_newest: 5, keep_days: null });
  expect(typed('5', '0')).toEqual({ keep_newest: 5, keep_days: 0 });
  for (const [newest, days] of [['0', ''], ['', ''], ['x', ''], ['1.5', ''], ['1', '-1'], ['1', 'a week'], ['1', '40000'], ['123456', '']] as const) {
    expect(typed(newest, days), `${newest} ${days}`).toBeUndefined();
    expect(wrongNewest(newest) ?? wrongDays(days)).toBeDefined();
  }
});

test('a game goes by its own policy, by that for all games, or by none', () => {
  const own = { keep_newest: 2, keep_days: null };
  const all = { keep_newest: 9, keep_days: 7 };
  expect(inForce({ follows: 'own', own, default: all })).toBe(own);
  expect(inForce({ follows: 'default', own: null, default: all })).toBe(all);
  expect(inForce({ follows: 'never', own: null, default: all })).toBeNull();
  expect(inForce({ follows: 'default' })).toBeNull();
});
