/* What is said of the server's own backups. Pure. */
import { ago, count } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type Backups = Schemas['BackupStats'];

/** How they are, in a sentence or two. */
export function toldBackups(backups: Backups | undefined | null, now: number): string {
  if (!backups) return 'The server makes no backups by itself: backup_dir says where they go. The runbook says how to make them otherwise.';
  const every = backups.hours === 24 ? 'every day' : `every ${count(backups.hours, 'hour', 'hours')}`;
  const newest = backups.newest == null ? 'none was made yet' : `the newest was made ${ago(now - backups.newest)}`;
  const why = backups.problem == null ? '' : ` The last try failed: ${backups.problem}.`;
  return `A backup is made ${every} in ${backups.folder}: ${newest}, ${count(backups.count, 'is', 'are')} there, and ${backups.keep} are kept.${why}`;
}
