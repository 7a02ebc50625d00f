/* Who takes part in a game's swarm, in words. Pure. */
import { count, percent } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type GameSwarm = Schemas['GameSwarm'];
export type SwarmBlob = Schemas['SwarmBlob'];
export type SwarmRun = Schemas['SwarmRun'];

export const NETWORK: Record<SwarmRun['network'], string> = { lan: 'the server’s network', tailnet: 'Tailnet', internet: 'elsewhere' };

export const nameOf = (blob: SwarmBlob): string => (blob.from == null ? blob.version : `${blob.from} → ${blob.version}`);

/** The blob that is asked for, or else the one that friends have by default. */
export const chosen = (swarm: GameSwarm, hash: string | null): SwarmBlob | undefined => swarm.blobs.find((blob) => blob.blob.hash === hash) ?? swarm.blobs[0];

/** The share of a blob that a run has, from 0 to 1. */
export function shareOf(run: SwarmRun, blob: SwarmBlob): number {
  const held = run.held.find((held) => held.blob === blob.blob.hash);
  return held === undefined ? 0 : Math.min(1, held.pieces / Math.max(1, blob.pieces));
}

/** What a run has besides one blob, the first two of it by name. */
export function besides(run: SwarmRun, swarm: GameSwarm, shown: SwarmBlob): string {
  const others = swarm.blobs
    .filter((blob) => blob.blob.hash !== shown.blob.hash)
    .map((blob) => ({ blob, share: shareOf(run, blob) }))
    .filter(({ share }) => share > 0)
    .map(({ blob, share }) => (share === 1 ? nameOf(blob) : `${percent(share, 1)} of ${nameOf(blob)}`));
  if (others.length <= 2) return others.join(' and ');
  return `${others.slice(0, 2).join(', ')} and ${others.length - 2} more`;
}

/** How many take part, as a sentence. */
export function lead(swarm: GameSwarm): string {
  const seeds = swarm.runs.filter((run) => run.seed).length;
  const friends = swarm.runs.length - seeds + swarm.left_off;
  if (friends === 0) return seeds === 0 ? 'Nobody is here.' : 'No friend is here, only the seed.';
  return `${count(friends, 'program of friends', 'programs of friends')} and ${count(seeds, 'seed', 'seeds')} are here.`;
}
