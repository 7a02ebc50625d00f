/* Which builds are kept by a policy, in words and as it was typed. Pure. */
import { count } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type KeepPolicy = Schemas['KeepPolicy'];
export type GamePolicy = Schemas['GamePolicy'];

/** Why a build stays. */
export const WHY: Record<Schemas['KeepReason'], string> = { live: 'live', next: 'goes live by itself', pinned: 'pinned', unfinished: 'not ready yet', newest: 'among the newest', young: 'young enough' };

/** A whole number of at most five digits. */
export const whole = (text: string): number | undefined => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : undefined);

/** What is wrong with each of what was typed. */
export const wrongNewest = (newest: string): string | undefined => ((whole(newest) ?? 0) > 0 ? undefined : 'At least 1.');
export const wrongDays = (days: string): string | undefined =>
  days.trim() === '' || (whole(days) ?? Infinity) <= 36_500 ? undefined : 'A number of days, or nothing.';

/** The policy that was typed; none as long as it makes no sense. */
export function typed(newest: string, days: string): KeepPolicy | undefined {
  if (wrongNewest(newest) !== undefined || wrongDays(days) !== undefined) return undefined;
  return { keep_newest: whole(newest) ?? 1, keep_days: days.trim() === '' ? null : (whole(days) ?? null) };
}

/** What a policy keeps, as a sentence without its end. */
export function kept(policy: KeepPolicy | null | undefined): string {
  if (policy == null) return 'every build is kept';
  const newest = policy.keep_newest === 1 ? 'the newest build is kept' : `the newest ${policy.keep_newest} builds are kept`;
  return policy.keep_days == null ? newest : `${newest}, and all younger than ${count(policy.keep_days, 'day', 'days')}`;
}

/** The policy that counts for a game; none if every build is kept. */
export const inForce = (of: Pick<GamePolicy, 'follows' | 'own' | 'default'>): KeepPolicy | null =>
  of.follows === 'own' ? (of.own ?? null) : of.follows === 'default' ? (of.default ?? null) : null;
