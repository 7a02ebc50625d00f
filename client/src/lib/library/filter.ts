// Which games are shown, and in what order. Pure.
import type { Item } from '../desk/state';

export const FILTERS = ['all', 'installed', 'ready', 'updates'] as const;
export type Filter = (typeof FILTERS)[number];
export const FILTER_NAME: Record<Filter, string> = { all: 'All', installed: 'Installed', ready: 'Ready to install', updates: 'Needs update' };

export const SORTS = ['title', 'played', 'size'] as const;
export type Sort = (typeof SORTS)[number];
export const SORT_NAME: Record<Sort, string> = { title: 'Title', played: 'Last played', size: 'Size' };

const FITS: Record<Filter, (item: Item) => boolean> = {
  all: () => true,
  installed: (item) => item.here !== undefined,
  ready: (item) => item.here === undefined && item.live !== undefined,
  updates: (item) => item.here?.update_available === true
};

const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a title has all words that were typed, in whatever order, accents and case aside. */
export function matches(title: string, typed: string): boolean {
  const within = plain(title);
  return plain(typed).split(/\s+/).every((word) => within.includes(word));
}

const ORDER: Record<Sort, (a: Item, b: Item) => number> = {
  title: () => 0,
  played: (a, b) => (b.play?.last ?? 0) - (a.play?.last ?? 0),
  size: (a, b) => (b.size ?? 0) - (a.size ?? 0)
};

export function shown(items: readonly Item[], filter: Filter, typed: string, sort: Sort): Item[] {
  return items
    .filter((item) => FITS[filter](item) && matches(item.title, typed))
    .sort((a, b) => ORDER[sort](a, b) || a.title.localeCompare(b.title));
}

export const tally = (items: readonly Item[]): Record<Filter, number> => {
  const count = (filter: Filter) => items.filter(FITS[filter]).length;
  return { all: items.length, installed: count('installed'), ready: count('ready'), updates: count('updates') };
};
