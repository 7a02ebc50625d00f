// What a look through a folder found, and what of it is to be taken over. Pure.
import { bytes, count, percent } from '@mist/ui/format';
import type { Found, ScanView } from '../backend';

/** How far it is, in a sentence. */
export function progress(scan: ScanView): string {
  const seen = `${count(scan.files, 'file', 'files')} in ${count(scan.folders, 'folder', 'folders')}`;
  if (scan.running) return `Looking through ${scan.dir}: ${seen} so far.`;
  if (scan.stopped) return `Stopped after ${seen}. Nothing was changed.`;
  const games = new Set(scan.found.map((f) => f.game)).size;
  return games === 0 ? `No game that is not here already is in ${scan.dir} (${seen}).` : `${count(games, 'game', 'games')} found in ${seen}. Nothing was changed yet.`;
}

/** How much of it is there, in a few words. */
export function share(found: Found): string {
  const { files, fits, read, right } = found;
  if (fits === files && right === read) return `all ${count(files, 'file', 'files')} fit, ${bytes(found.bytes)}`;
  return `${count(fits, 'file', 'files')} of ${files} fit, ${percent(found.bytes_there, Math.max(1, found.bytes))} of ${bytes(found.bytes)}`;
}

export const key = (found: Found): string => `${found.game} ${found.dir}`;

/** What is offered first: of each game the place where most of it is, if that is half of it at least. */
export function offered(all: readonly Found[]): Set<string> {
  const best = new Map<string, Found>();
  for (const found of all) {
    const known = best.get(found.game);
    if (known === undefined || found.bytes_there > known.bytes_there) best.set(found.game, found);
  }
  return new Set([...best.values()].filter((f) => f.bytes_there * 2 >= f.bytes).map(key));
}

/** One more, or one less: of a game only one place can be taken over. */
export function chosen(all: readonly Found[], before: ReadonlySet<string>, one: Found): Set<string> {
  const after = new Set(before);
  if (after.delete(key(one))) return after;
  for (const other of all) if (other.game === one.game) after.delete(key(other));
  return after.add(key(one));
}
