/* What home says of the whole, in one sentence. Pure. */
import { bytes, copies, count } from '@mist/ui/format';
import type { Stats } from '$lib/api/client';

/** Something that needs the admin, with the page where it is put right. */
export interface Trouble {
  text: string;
  to: 'failed-jobs' | 'swarm';
  button: string;
}

export interface Verdict {
  tone: 'well' | 'trouble';
  sentence: string;
  more: string;
  troubles: Trouble[];
}

/** A store with less room than this soon refuses uploads; the tracker draws the same line. */
const LITTLE_ROOM = 2_000_000_000;

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];
const inWords = (n: number): string => NUMBERS[n] ?? String(n);

export function troubles(stats: Stats): Trouble[] {
  const found: Trouble[] = [];
  if (stats.stores.length === 0)
    found.push({ text: 'No seed is online, so that nothing can be pushed and no job is done. Start one, or look at its log.', to: 'swarm', button: 'See the seeds' });
  for (const store of stats.stores)
    if (!store.ok) found.push({ text: `A seed’s store can’t be used: ${store.problem ?? 'it gives no reason'}.`, to: 'swarm', button: 'See the seeds' });
    else if (store.free < LITTLE_ROOM)
      found.push({ text: `A seed’s store has ${bytes(store.free)} left. Remove old builds, or give it room.`, to: 'swarm', button: 'See the stores' });
  if (stats.jobs.failed > 0)
    found.push({
      text: `${count(stats.jobs.failed, 'job was', 'jobs were')} given up. Look why, and run ${stats.jobs.failed === 1 ? 'it' : 'them'} again.`,
      to: 'failed-jobs',
      button: 'See what failed'
    });
  // What a newer tracker finds, and this page does not know by itself.
  if (stats.health.problems.length > found.length)
    return stats.health.problems.map((text) => ({ text, to: 'swarm', button: 'See the swarm' }));
  return found;
}

export function verdict(stats: Stats): Verdict {
  const wrong = troubles(stats);
  const live = stats.games.filter((game) => game.live != null);
  const least = live.reduce((min, game) => Math.min(min, game.copies), Infinity);
  const online = stats.swarm.peers === 0 ? 'No friend is online' : `${count(stats.swarm.peers, 'friend is', 'friends are')} online`;
  const held =
    live.length === 0
      ? ''
      : live.length === 1
        ? `, and there ${least === 1 ? 'is one copy' : `are ${copies(least)} copies`} of what is live`
        : `, and each live build has at least ${least === 1 ? 'one copy' : `${copies(least)} copies`}`;
  const more = `${online}${held}.`;
  if (wrong.length > 0)
    return { tone: 'trouble', sentence: wrong.length === 1 ? 'One thing needs you.' : `${inWords(wrong.length)} things need you.`, more, troubles: wrong };
  const running = stats.jobs.running + stats.jobs.queued;
  const sentence =
    running > 0
      ? `All is well, and ${running === 1 ? 'one job is' : `${inWords(running).toLowerCase()} jobs are`} at work.`
      : 'All is well, and all is still.';
  return { tone: 'well', sentence, more, troubles: [] };
}
