// A disk as a bar: its games, what else is on it, and what is free. Pure.
import { hueOf } from '@mist/ui/hue';
import type { DiskView } from '../backend';
import type { Item } from '../desk/state';

export interface Part {
  slug: string;
  title: string;
  size: number;
  hue: number;
  share: number;
  /** Bytes that are kept of the build before. */
  kept: number;
  state: string;
}

export interface Bar {
  /** Games, the largest first. */
  each: Part[];
  games: number;
  other: number;
  free: number;
}

export function bar(disk: DiskView, items: ReadonlyMap<string, Item>): Bar {
  const total = disk.total ?? 0;
  const each = disk.games
    .map((slug): Part => {
      const item = items.get(slug);
      const kept = item?.here?.previous?.bytes ?? 0;
      const size = (item?.here?.size ?? 0) + kept;
      return { slug, title: item?.title ?? slug, size, kept, hue: hueOf(slug), share: total > 0 ? size / total : 0, state: item?.here?.state ?? '' };
    })
    .sort((a, b) => b.size - a.size);
  const games = each.reduce((sum, part) => sum + part.size, 0);
  const free = disk.free ?? 0;
  return { each, games, free, other: Math.max(0, total - free - games) };
}
