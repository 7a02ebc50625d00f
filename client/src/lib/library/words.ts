// A game's state in a word or two, for covers and rows. Pure.
import { percent } from '@mist/ui/format';
import type { Item } from '../desk/state';
import { doing, share, waits } from '../game/button';

export type Look = 'live' | 'running' | 'waiting' | 'done' | 'failed' | 'off';

export interface Word {
  look: Look;
  text: string;
}

/** Nothing of a game that is as it should be, or that is only in the catalogue: its cover says so. */
export function word(item: Item, online: boolean): Word | undefined {
  if (item.play?.running_since != null) return { look: 'live', text: 'Playing' };
  const o = item.operation;
  if (o) {
    const at = share(o);
    if (o.state === 'paused') return { look: 'waiting', text: 'Paused' };
    if (o.state === 'queued') return { look: 'waiting', text: 'Queued' };
    if (waits(o, item, online)) return { look: 'waiting', text: 'Waiting' };
    return { look: 'running', text: Number.isFinite(at) ? `${doing(o)} ${percent(at, 1)}` : doing(o) };
  }
  switch (item.here?.state) {
    case 'missing':
      return { look: 'failed', text: 'Folder missing' };
    case 'damaged':
      return { look: 'failed', text: 'Needs repair' };
    case 'unverified':
      return { look: 'waiting', text: 'Not verified' };
    case 'installing':
    case 'updating':
      return { look: 'waiting', text: 'Not finished' };
    case 'installed':
      return item.here.update_available ? { look: 'waiting', text: 'Update ready' } : undefined;
    case undefined:
      return item.live === undefined ? { look: 'off', text: 'No build yet' } : undefined;
  }
}

/** When a game was played, for how long. */
export function playedFor(seconds: number): string {
  if (seconds < 60) return 'under a minute';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(seconds < 36_000 ? 1 : 0)} h`;
}
