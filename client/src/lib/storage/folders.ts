// The folders that games are installed into. Pure.
import type { LibraryFolder } from '../backend';

/** Where a game would be in a folder: in one of its own there. */
export function inFolder(folder: string, slug: string): string {
  const between = folder.includes('\\') && !folder.includes('/') ? '\\' : '/';
  return `${folder.replace(/[/\\]+$/, '')}${between}${slug}`;
}

/** The folders that a game can be moved to by name: those that are there and that it is not in. */
export const elsewhere = (folders: readonly LibraryFolder[], slug: string): LibraryFolder[] => folders.filter((f) => f.there && !f.games.includes(slug));

const names = (folders: readonly LibraryFolder[]): string[] => folders.map((f) => f.folder);

/** The list with one more, which comes last; the same list if it is there. */
export function added(folders: readonly LibraryFolder[], folder: string): string[] {
  const plain = folder.trim().replace(/(.)[/\\]+$/, '$1');
  return names(folders).includes(plain) ? names(folders) : [...names(folders), plain];
}

/** The list without one. Without any, games go into Mist's own. */
export const removed = (folders: readonly LibraryFolder[], folder: string): string[] => names(folders).filter((f) => f !== folder);

/** The list with one at its head: new games go there. */
export const first = (folders: readonly LibraryFolder[], folder: string): string[] => [folder, ...removed(folders, folder)];
