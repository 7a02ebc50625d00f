/* What a seed says of the scrub of its store, in words. Pure. */
import { ago, bytes, count, percent } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type Store = Schemas['StoreStats'];

/** When the store was read as a whole, and what came of it. */
export function lastScrub(store: Store, now: number): string {
  const last = store.scrub?.last;
  if (!store.scrub) return '';
  const next = store.scrub.every_days > 0 ? '' : ' It is read only when somebody asks.';
  if (!last) return `Not read as a whole yet.${next}`;
  const left = (store.rotten ?? []).reduce((sum, build) => sum + build.pieces, 0);
  const found =
    last.rotten === 0 ? 'nothing was rotten' : `${count(last.rotten, 'piece was', 'pieces were')} rotten, ${left === 0 ? 'and all was healed' : `and ${left} still ${left === 1 ? 'is' : 'are'}`}`;
  return `Read as a whole ${ago(now - last.ended)}: ${bytes(last.read)}, ${found}.${next}`;
}

/** How far the one under way is. */
export function scrubNow(store: Store): { share: number; text: string } | undefined {
  const run = store.scrub?.running;
  if (!run) return undefined;
  const rotten = run.rotten === 0 ? '' : `, ${count(run.rotten, 'piece', 'pieces')} rotten so far`;
  return { share: run.done / Math.max(1, run.total), text: `Being read: ${percent(run.done, run.total)} of ${bytes(run.total)}${rotten}` };
}
