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
  }
}

/** Why it is done at all, for its page. */
export const PURPOSE: Record<Job['spec']['kind'], string> = {
  ingest: 'Puts the build together from what was uploaded, and holds every file against the signed manifest.',
  patch: 'Makes what friends fetch to get from one build to the other.',
  archive: 'Packs the build for friends who can only reach the server by HTTPS.',
  jump: 'Makes a patch from a folder that matches no build, because a friend asked for it.',
  thin: 'Frees room: builds that patches lead to need not be kept whole.',
  delete: 'Removes what nobody needs any more from the store.',
  gather: 'Makes the files of the build anew out of what friends and other seeds have, because the store lost them.',
  sample: 'Fetches random pieces from friends, to see that they could give the build back.'
};

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
