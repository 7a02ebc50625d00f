import { describe, expect, it } from 'vitest';
import { isInsured, online, proved, type InsuredBuild } from './insurance';

const build = (more: Partial<InsuredBuild>): InsuredBuild => ({ version: '1.4', live: true, friends: 0, copies: 0, last_known: 0, ...more });

describe('what friends could give back', () => {
  it('is said of those who are online', () => {
    expect(online(build({}))).toBe('nobody who is online has any of it');
    expect(online(build({ friends: 1, copies: 0.5 }))).toBe('1 friend’s program, 0.5 whole copies together');
    expect(online(build({ friends: 3, copies: 2 }))).toMatch(/^3 friends’ programs, 2/);
  });

  it('is proved by those who were asked', () => {
    const now = 10_000_000;
    const found = (asked: number, good: number) => build({ sampled: { at: now - 120_000, asked, proved: good } });
    expect(proved(build({}), now)).toBe('never checked');
    expect(proved(found(0, 0), now)).toMatch(/^nobody could be asked, 2 min/);
    expect(proved(found(3, 2), now)).toMatch(/^2 of 3 that were asked gave random pieces, 2 min/);
    expect([build({}), found(2, 0), found(2, 1)].map(isInsured)).toEqual([false, false, true]);
  });
});
