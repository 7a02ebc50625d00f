/* What went live lately, so that it can be undone. Pure, but for what this browser remembers. */
import type { AuditEntry } from '$lib/api/client';

/** For so long, home offers to undo. */
export const UNDO_FOR = 24 * 3600 * 1000;

export interface Move {
  game: string;
  to: string;
  /** What was live before, where that is known. */
  from: string | undefined;
  at: number;
  by: string;
}

/** What this browser saw go: more than the audit log knows, which has only what an admin made live by hand. */
export type Left = Record<string, { from: string; to: string; at: number }>;

/** The latest move of each game in the last day, the newest first. */
export function moves(entries: readonly AuditEntry[], left: Left, now: number): Move[] {
  const lives = entries
    .filter((entry) => entry.action === 'build.live' && entry.subject.includes('@'))
    .map((entry) => {
      const cut = entry.subject.indexOf('@');
      return { game: entry.subject.slice(0, cut), to: entry.subject.slice(cut + 1), at: entry.at, by: entry.actor };
    })
    .sort((a, b) => b.at - a.at);
  const found: Move[] = [];
  for (const [i, move] of lives.entries()) {
    if (now - move.at > UNDO_FOR || found.some((f) => f.game === move.game)) continue;
    const seen = left[move.game];
    const before = lives.slice(i + 1).find((l) => l.game === move.game && l.to !== move.to);
    found.push({ ...move, from: seen?.to === move.to ? seen.from : before?.to });
  }
  return found;
}

const KEY = 'mist-left';

export function remembered(): Left {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Left;
  } catch {
    return {};
  }
}

export function remember(game: string, from: string, to: string, at: number): void {
  const kept = Object.entries(remembered()).filter(([, move]) => at - move.at < UNDO_FOR);
  localStorage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(kept), [game]: { from, to, at } }));
}
