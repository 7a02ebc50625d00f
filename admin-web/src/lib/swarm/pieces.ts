/* What the map of a blob's pieces says, in classes and in words. Pure. */
import { count, percent } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type PieceMap = Schemas['PieceMap'];

/** How many friends have the rarest piece of a part: nobody, one, two, three to five, more. */
export const LEVELS = ['nobody', '1 friend', '2 friends', '3 to 5', '6 and more'] as const;
export type Level = 0 | 1 | 2 | 3 | 4;

export const levelOf = (friends: number): Level => (friends <= 0 ? 0 : friends === 1 ? 1 : friends === 2 ? 2 : friends <= 5 ? 3 : 4);

/** Pieces of each part: part `i` of `n` begins with piece `i * pieces / n`, rounded down. */
export const sizes = (map: PieceMap): number[] => {
  const begins = (part: number) => Math.floor((part * map.pieces) / map.parts.length);
  return map.parts.map((_, part) => begins(part + 1) - begins(part));
};

/** The share of the blob at each level. */
export function shares(map: PieceMap): number[] {
  const sums = LEVELS.map(() => 0);
  const each = sizes(map);
  map.parts.forEach((part, i) => {
    const level = levelOf(part.least);
    sums[level] = (sums[level] ?? 0) + (each[i] ?? 0);
  });
  return sums.map((sum) => sum / Math.max(1, map.pieces));
}

/** What the map shows, as a sentence: for who can't see it, and for who does not want to count cells. */
export function said(map: PieceMap): string {
  const least = Math.min(...map.parts.map((part) => part.least));
  const none = shares(map)[0] ?? 0;
  const whole = map.complete === 0 ? 'No friend has all of it' : `${count(map.complete, 'friend has', 'friends have')} all of it`;
  const some = map.placed === 0 ? '' : `, and ${count(map.placed, 'friend has', 'friends have')} a part`;
  if (none === 1) return `No friend has any piece of it that is known of${map.seeds > 0 ? ': all comes from the seed' : ''}.`;
  if (none > 0) return `${whole}${some}. ${percent(none, 1)} of it is in parts with a piece that no friend has${map.seeds > 0 ? ', only the seed' : ''}.`;
  return `${whole}${some}. Every piece is with ${least === 1 ? 'a friend' : `${least} friends`} at least.`;
}
