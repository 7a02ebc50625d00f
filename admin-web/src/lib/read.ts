/* What the pages show, read whole. Each says which events change it. */
import { all, api, ask, page, type AuditEntry, type Build, type Event, type Game, type Job, type Seed, type Stats, type User } from './api/client';
import { use, type Resource } from './live/resource.svelte';

const concerns =
  (...kinds: Event['event'][]) =>
  (event: Event): boolean =>
    kinds.includes(event.event);

export const stats = (): Resource<Stats> =>
  use('stats', () => ask('The state of the server could not be read.', api.GET('/api/v1/stats')), (event) =>
    event.event === 'job' ? event.job.state !== 'running' : true
  );

export const games = (): Resource<Game[]> =>
  use(
    'games',
    () =>
      all(async (after) => {
        const { games, next } = await ask('The games could not be read.', api.GET('/api/v1/games', { params: { query: page(after) } }));
        return { entries: games, next: next ?? undefined };
      }),
    concerns('game', 'live', 'removed')
  );

export const game = (slug: string): Resource<Game> =>
  use(
    `game ${slug}`,
    () => ask('The game could not be read.', api.GET('/api/v1/games/{slug}', { params: { path: { slug } } })),
    (event) => (event.event === 'game' || event.event === 'live') && event.game === slug
  );

export const builds = (slug: string): Resource<Build[]> =>
  use(
    `builds ${slug}`,
    () =>
      all(async (after) => {
        const call = api.GET('/api/v1/games/{slug}/builds', { params: { path: { slug }, query: page(after) } });
        const { builds, next } = await ask('The builds could not be read.', call);
        return { entries: builds, next: next ?? undefined };
      }),
    (event) =>
      event.event !== 'missed' && event.game === slug && (event.event === 'job' ? event.job.state === 'done' || event.job.state === 'failed' : true)
  );

/** The newest jobs, and whether there are older ones. */
export interface Jobs {
  jobs: Job[];
  next: string | undefined;
}

export const jobs = (): Resource<Jobs> =>
  use('jobs', () => olderJobs(undefined), (event, resource) => {
    if (event.event !== 'job') return event.event === 'removed';
    resource.patch((known) => ({ ...known, jobs: withJob(known.jobs, event.job) }));
    // A job that ended may have let another one begin.
    return event.job.state === 'done' || event.job.state === 'failed';
  });

export async function olderJobs(after: string | undefined): Promise<Jobs> {
  const { jobs, next } = await ask('The jobs could not be read.', api.GET('/api/v1/jobs', { params: { query: page(after) } }));
  return { jobs, next: next ?? undefined };
}

/** The jobs with one as it is now; a new one is the newest. Pure. */
export function withJob(jobs: readonly Job[], job: Job): Job[] {
  const at = jobs.findIndex((known) => known.id === job.id);
  if (at < 0) return [job, ...jobs];
  // Events may come late: what is known to be newer stays.
  return (jobs[at]?.updated ?? 0) > job.updated ? [...jobs] : jobs.with(at, job);
}

export const users = (): Resource<User[]> =>
  use(
    'users',
    () =>
      all(async (after) => {
        const { users, next } = await ask('The accounts could not be read.', api.GET('/api/v1/users', { params: { query: page(after) } }));
        return { entries: users, next: next ?? undefined };
      }),
    () => false
  );

export const seeds = (): Resource<Seed[]> =>
  use(
    'seeds',
    () =>
      all(async (after) => {
        const { seeds, next } = await ask('The seeds could not be read.', api.GET('/api/v1/seeds', { params: { query: page(after) } }));
        return { entries: seeds, next: next ?? undefined };
      }),
    () => false
  );

export const audit = (): Resource<AuditEntry[]> =>
  use(
    'audit',
    async () => (await ask('The audit log could not be read.', api.GET('/api/v1/audit', { params: { query: { limit: 100 } } }))).entries,
    concerns('live', 'removed')
  );
