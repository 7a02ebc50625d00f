// What an operation promised, and what it took. Pure.
import { bytes, count, duration, moment, percent } from '@mist/ui/format';
import { fromFriends, total } from '@mist/ui/sources';
import type { OperationRecord, OperationView, RouteKind, Spent } from '../backend';

const KIND = { install: 'Install', update: 'Update', ahead: 'Fetching ahead', switch: 'Switch', roll_back: 'Way back', repair: 'Repair', verify: 'Check', uninstall: 'Uninstall', locate: 'Take-over', move: 'Move' } as const;
export const ROUTE: Record<RouteKind, string> = {
  patches: 'by patches',
  jump: 'by a patch that was made for this folder',
  pieces: 'by pieces of the build',
  local: 'out of what was here already'
};

export const kindOf = (o: OperationView): string => KIND[o.order.kind];

/** What it took, if it moved anything. */
export const recordOf = (o: OperationView): OperationRecord | undefined => (o.outcome?.outcome === 'present' ? (o.outcome.operation ?? undefined) : undefined);

/** One sentence for whoever waited for it. */
export function ended(o: OperationView, title: string): string {
  const { outcome } = o;
  if (outcome === null) return `${title}: ${kindOf(o).toLowerCase()} ended.`;
  switch (outcome.outcome) {
    case 'present': {
      const record = outcome.operation;
      if (record === null) return `${title} ${outcome.version} was there already.`;
      const friends = fromFriends(record.bytes);
      const share = friends > 0 ? `, ${percent(friends, total(record.bytes))} of it from friends` : '';
      const what = outcome.before === null ? 'is installed' : o.order.kind === 'repair' ? 'is repaired' : `is at ${outcome.version}`;
      return `${title} ${what}: ${bytes(record.actual_bytes)} in ${duration(record.seconds * 1000)}${share}.`;
    }
    case 'ahead':
      return `${title} ${outcome.version} is ready for ${moment(outcome.live_at)}.`;
    case 'verified':
      return outcome.damaged.length === 0 ? `${title} is exactly as it was published.` : `${title}: ${count(outcome.damaged.length, 'file is', 'files are')} not right. Repairing fetches at most ${bytes(outcome.repair_bytes)}.`;
    case 'located':
      return `${title} was found again.`;
    case 'moved':
      return outcome.left ? `${title} is in ${outcome.dir} now. Something is left in ${outcome.from}.` : `${title} is in ${outcome.dir} now.`;
    case 'uninstalled':
      return outcome.result.left || outcome.result.kept ? `${title} is removed. What is your own, such as saves, is still there.` : `${title} is removed.`;
  }
}

const SPENT: Record<keyof Spent, string> = {
  network: 'the network',
  limit: 'your limit',
  sources: 'nobody sending',
  seed: "the server's work",
  hash: 'checking',
  disk: 'the disk',
  patch: 'patching'
};

/** What the time of an operation went into, the most first, with its share of all; nothing if it was over at once. */
export function spentOn(record: OperationRecord): { what: string; seconds: number; share: number }[] {
  if (record.spent === null) return [];
  const parts = Object.entries(record.spent) as [keyof Spent, number][];
  const all = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (all < 2) return [];
  const least = Math.max(0.5, all / 20);
  return parts
    .filter(([, seconds]) => seconds >= least)
    .sort(([, one], [, other]) => other - one)
    .map(([part, seconds]) => ({ what: SPENT[part], seconds, share: seconds / all }));
}

/** How what was promised and what it took compare, in a few words. */
export function kept(record: OperationRecord): string {
  const { forecast_bytes: promised, actual_bytes: took } = record;
  if (took <= promised * 1.02 + 100_000) return 'as promised, or less';
  return `${percent(took - promised, Math.max(1, promised))} more than promised`;
}
