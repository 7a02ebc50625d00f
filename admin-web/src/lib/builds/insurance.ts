/* What friends could give back of a game's builds, and how that is said. */
import { ago, copies, count } from '@mist/ui/format';
import { api, ask, type Schemas } from '$lib/api/client';
import { use, type Resource } from '$lib/live/resource.svelte';

export type InsuredBuild = Schemas['InsuredBuild'];

export const insurance = (slug: string): Resource<InsuredBuild[]> =>
  use(
    `insurance ${slug}`,
    async () => (await ask('What friends have could not be read.', api.GET('/api/v1/games/{slug}/insurance', { params: { path: { slug } } }))).builds,
    (event) => event.event === 'job' && event.game === slug && event.job.spec.kind === 'sample' && event.job.state === 'done'
  );

/** Who is online with it. Pure. */
export function online(build: InsuredBuild): string {
  if (build.friends === 0) return 'nobody who is online has any of it';
  return `${count(build.friends, 'friend’s program', 'friends’ programs')}, ${copies(build.copies)} whole copies together`;
}

/** What the last spot check found. Pure. */
export function proved(build: InsuredBuild, now: number): string {
  const found = build.sampled;
  if (found == null) return 'never checked';
  const when = ago(now - (found.at ?? now));
  if (found.asked === 0) return `nobody could be asked, ${when}`;
  return `${found.proved} of ${found.asked} that were asked gave random pieces, ${when}`;
}

/** Whether the last spot check says that the build would come back. Pure. */
export const isInsured = (build: InsuredBuild): boolean => (build.sampled?.proved ?? 0) > 0;
