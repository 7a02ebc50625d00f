// The build that goes live later: when that is, and how it is here. Pure.
import { bytes } from '@mist/ui/format';
import type { NextBuild, OperationView } from '../backend';

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY = 86_400_000;

/** `today 20:00`, `tomorrow 20:00`, `Friday 20:00`, or `4 Dec 20:00` if it is further away. */
export function when(at: number, now: number): string {
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / DAY);
  const date = days === 0 ? 'today' : days === 1 ? 'tomorrow' : days > 1 && days < 7 ? WEEKDAY.format(at) : DATE.format(at);
  return `${date} ${TIME.format(at)}`;
}

/** What is said of it, and what can be done. */
export interface Said {
  head: string;
  text: string;
  act: 'fetch' | 'pause' | 'resume' | undefined;
}

export function said(next: NextBuild, ahead: OperationView | undefined, now: number): Said {
  const at = when(next.live_at, now);
  if (next.ready) return { head: `${next.version} is ready for ${at}`, text: `What it takes is here (${bytes(next.bytes)}). It is put in place when it goes live.`, act: undefined };
  const head = `${next.version} goes live ${at}`;
  switch (ahead?.state) {
    case 'running':
      return { head, text: 'What it takes is being fetched. You can play meanwhile.', act: 'pause' };
    case 'paused':
      return { head, text: 'Fetching what it takes is paused.', act: 'resume' };
    case 'queued':
      return { head, text: 'What it takes is fetched when nothing else is.', act: 'pause' };
    default:
      return { head, text: next.bytes > 0 ? `${bytes(next.bytes)} of it are here already.` : 'What it takes can be fetched before, so that nobody waits then.', act: 'fetch' };
  }
}
