/* Why a file costs what it does in a patch, in words. Pure. */
import { bytes, count } from '@mist/ui/format';
import type { Change } from '$lib/api/client';

export const KIND = { added: 'new', changed: 'changed', moved: 'moved', removed: 'gone' } as const;

/** One sentence about a file: what its bytes are made of. */
export function why(change: Change): string {
  const { cost } = change;
  if (change.kind === 'removed') return 'It is gone: saying so costs its name.';
  if (change.kind === 'moved') return `It was ${change.was}: only the new name is fetched.`;
  if (cost == null) return '';
  const kept = cost.copied - cost.differing;
  const parts: string[] = [];
  if (cost.literal > 0) parts.push(`${bytes(cost.literal)} of it ${kept > 0 ? 'are nowhere in the old build' : 'are new'}`);
  if (cost.differing > 0) parts.push(`${bytes(cost.differing)} differ`);
  if (kept > 0) parts.push(`${bytes(kept)} stay as they were${cost.from == null ? '' : `, taken from ${cost.from}`}`);
  if (parts.length === 0) return 'It is empty.';
  const said = parts.join('; ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.${cost.streams > 0 ? ` Compared inside ${count(cost.streams, 'packed stream', 'packed streams')}.` : ''}`;
}

/** What makes most of the patch, in one sentence. */
export function verdict(patch: number, changes: readonly Change[]): string {
  const dearest = changes[0];
  const cost = dearest?.cost?.packed ?? 0;
  if (dearest === undefined || cost === 0) return `The patch has ${bytes(patch)}.`;
  const share = cost / patch;
  const name = dearest.path.slice(dearest.path.lastIndexOf('/') + 1);
  if (share > 0.5) return `${share > 0.95 ? 'Nearly all' : 'Most'} of ${bytes(patch)} is ${name}.`;
  let sum = 0;
  let files = 0;
  for (const change of changes) {
    if (sum > patch * 0.8) break;
    sum += change.cost?.packed ?? 0;
    files += 1;
  }
  return sum > patch * 0.8 ? `${files} files make ${bytes(sum)} of ${bytes(patch)}.` : `${bytes(patch)} are spread over many files.`;
}
