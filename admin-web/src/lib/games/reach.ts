/* Whom a build reaches when it goes live: what it costs the friends of each build, and what of that leaves the server. Pure. */
import { bytes, count } from '@mist/ui/format';
import { cost, type Rung } from '@mist/ui/ladder';

/** Friends who have a build, as the server knows. */
export interface Held {
  version: string;
  /** Programs that are online and have some of it. */
  friends: number;
  /** Accounts that had it last, online or not. */
  last_known: number;
}

/** What going live costs those who have one build. */
export interface Share {
  from: string;
  friends: number;
  online: number;
  /** Bytes that each of them fetches; of the whole build if no patch leads there. */
  each: number;
  patched: boolean;
  /** How many patches that are. */
  patches: number;
  together: number;
}

export interface Reach {
  /** By build, those of most friends first; of the live one always. */
  shares: Share[];
  /** Friends who fetch something. */
  friends: number;
  /** Friends who have the build already. */
  settled: number;
  /** Bytes of all together: what leaves the server if friends can't reach each other. */
  bytes: number;
  /** Bytes of everything that is fetched, once: about what leaves the server if they can. */
  once: number;
}

/** What it costs whom to get to a build, by who has which one now. */
export function reach(rungs: readonly Rung[], to: string, held: readonly Held[]): Reach {
  const found: Reach = { shares: [], friends: 0, settled: 0, bytes: 0, once: 0 };
  /** The patches on all ways, and the build itself where no patch leads there. */
  const fetched = new Map<string, number>();
  const known = new Map(rungs.map((rung) => [rung.version, rung]));
  for (const { version, friends: online, last_known } of held) {
    const friends = Math.max(online, last_known);
    if (version === to) {
      found.settled = friends;
      continue;
    }
    const price = friends > 0 || known.get(version)?.live ? cost(rungs, to, version) : undefined;
    if (price?.from === undefined) continue;
    found.shares.push({ from: version, friends, online, each: price.update, patched: price.patched, patches: Math.max(0, price.by.length - 1), together: price.update * friends });
    if (friends === 0) continue;
    found.friends += friends;
    found.bytes += price.update * friends;
    if (!price.patched) fetched.set(to, price.update);
    for (const [i, next] of price.by.slice(1).entries()) {
      const before = price.by[i];
      const patch = known.get(next)?.patches.find((p) => p.from === before);
      if (patch) fetched.set(`${before} ${next}`, patch.size);
    }
  }
  found.once = [...fetched.values()].reduce((sum, size) => sum + size, 0);
  found.shares.sort((a, b) => b.friends - a.friends);
  return found;
}

/** Who of them has it, as a sentence. */
export function who({ friends, online }: Share): string {
  if (friends === 0) return 'nobody has it now';
  const some = count(friends, 'friend', 'friends');
  if (online === 0) return `${some}, not online`;
  return online === friends ? `${some}, online` : `${some}, ${online} online`;
}

/** How they get there. */
export function way({ patched, patches }: Share): string {
  if (!patched) return 'at most, as no patch leads there';
  return patches > 1 ? `by ${patches} patches` : 'by one patch';
}

/** What of it leaves the server, as a sentence after the size. */
export function leaves({ friends, bytes: all, once }: Reach): string {
  if (friends === 1) return 'one copy, for one friend';
  if (once === all) return 'every friend fetches something else';
  return `about one copy; ${count(friends, 'copy', 'copies')} or ${bytes(all)} at most, if friends can’t reach each other`;
}
