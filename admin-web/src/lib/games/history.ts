/* What was done to a game, in words. Pure. */
import type { AuditEntry } from '$lib/api/client';

/** What each action of the log did, said of its build or of the game. */
const SAID: Record<string, (build: string) => string> = {
  'game.new': () => 'added the game',
  'game.edit': () => 'changed what is said of it, or who sees it',
  'game.reset': (field) => `let Steam’s word stand again for the ${field}`,
  'game.resync_steam': () => 'pulled its details from Steam',
  'game.cover': () => 'gave it a cover',
  'game.cover_remove': () => 'took its cover away',
  'policy.game': (what) => `changed which builds are kept: ${what}`,
  'game.prune': (what) => `pruned it: ${what}`,
  'build.push': (build) => `pushed ${build}`,
  'build.live': (build) => `made ${build} live`,
  'build.schedule': (build) => `set a time for ${build} to go live`,
  'build.unschedule': (build) => `no longer lets ${build} go live by itself`,
  'build.notes': (build) => `wrote what is new in ${build}`,
  'build.pin': (build) => `pinned ${build}`,
  'build.unpin': (build) => `unpinned ${build}`,
  'build.remove': (build) => `removed ${build}`,
  'user.grant': (who) => `let ${who} see it`,
  'user.revoke': (who) => `no longer lets ${who} see it`,
  'job.retry': (kind) => `ran a ${kind} job again`,
  'job.cancel': (kind) => `cancelled a ${kind} job`
};

export interface Deed {
  at: number;
  by: string;
  text: string;
  /** The build that it is about. */
  build: string | undefined;
}

/** What of the log is about this game, the newest first. */
export function deeds(entries: readonly AuditEntry[], slug: string): Deed[] {
  const found: Deed[] = [];
  for (const { at, actor, action, subject } of entries) {
    const words = subject.split(' ');
    const build = subject.startsWith(`${slug}@`) ? words[0]?.slice(slug.length + 1) : undefined;
    if (build === undefined && !words.includes(slug)) continue;
    const rest = build ?? words.filter((word) => word !== slug).join(' ');
    found.push({ at, by: actor, text: SAID[action]?.(rest) ?? `${action} ${rest}`.trim(), build });
  }
  return found;
}
