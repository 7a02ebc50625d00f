/* What a job is and how far, in words. Pure. */
import { bytes, percent } from '@mist/ui/format';
import type { Job } from '$lib/api/client';

/** What it does, for people who see which game it is about. */
export function title(job: Job): string {
  const { spec } = job;
  switch (spec.kind) {
    case 'ingest':
      return `Finalize ${spec.version}`;
    case 'patch':
      return `Patch from ${spec.from} to ${spec.to}`;
    case 'archive':
      return `Archive of ${spec.version}`;
    case 'jump':
      return `Patch from a friend’s own folder to ${spec.to}`;
    case 'thin':
      return 'Drop old files that patches lead to';
    case 'delete':
      return spec.version == null ? 'Delete the game' : `Delete ${spec.version}`;
    case 'gather':
      return `Get ${spec.version} back from friends`;
    case 'sample':
      return `Spot check of ${spec.version} at friends`;
    case 'steam':
      return 'Ask Steam about the game';
    case 'prune':
      return 'Prune old builds';
    case 'tell':
      return 'Tell admins on Discord';
  }
}

/** The game that it works on; none for what concerns the whole server. */
export const gameOf = ({ spec }: Job): string | undefined => ('game' in spec ? spec.game : undefined);

/** Whose it is, by the games' titles. */
export function whose(job: Job, titles: ReadonlyMap<string, string>): string {
  const game = gameOf(job);
  return game === undefined ? 'The server' : (titles.get(game) ?? game);
}

export const STATE = {
  queued: ['waiting', 'waiting'],
  running: ['running', 'at work'],
  done: ['done', 'done'],
  failed: ['failed', 'given up']
} as const;

/** How much of it is done, from 0 to 1; not a number while that is unknown. */
export const share = (job: Job): number => (job.total > 0 ? Math.min(1, job.done / job.total) : NaN);

export function progress(job: Job): string {
  const stage = job.stage === '' ? 'beginning' : job.stage;
  if (job.total <= 0) return stage;
  // Jobs count bytes, but for some that count a few steps.
  return job.total > 10_000 ? `${stage}, ${bytes(job.done)} of ${bytes(job.total)}` : `${stage}, ${percent(job.done, job.total)}`;
}
