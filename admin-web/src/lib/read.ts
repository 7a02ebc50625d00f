/* What the pages show, read whole. Each says which events change it. */
import { all, api, ask, page, type AuditEntry, type Build, type BuildFiles, type Changes, type Event, type Game, type Job, type LogLine, type Notifications, type Schemas, type Seed, type Stats, type Topic, type User } from './api/client';
import { use, type Resource } from './live/resource.svelte';

const concerns =
  (...kinds: Event['event'][]) =>
  (event: Event): boolean =>
    kinds.includes(event.event);

/** Whether something that admins look after changed. */
const changed =
  (...topics: Topic[]) =>
  (event: Event): boolean =>
    event.event === 'changed' && topics.includes(event.what);

export const stats = (): Resource<Stats> =>
  use('stats', () => ask('The state of the server could not be read.', api.GET('/api/v1/stats')), (event) =>
    event.event === 'job' ? event.job.state !== 'running' : true
  );

/** Who takes part in a game's swarm. Whoever shows it reads it again as time goes on. */
export const gameSwarm = (slug: string): Resource<Schemas['GameSwarm']> =>
  use(
    `swarm ${slug}`,
    () => ask('The swarm could not be read.', api.GET('/api/v1/games/{slug}/swarm', { params: { path: { slug } } })),
    (event) => (event.event === 'live' || event.event === 'build') && event.game === slug
  );

/** How many friends have each piece of a blob. Whoever shows it reads it again as time goes on. */
export const pieceMap = (slug: string, blob: string): Resource<Schemas['PieceMap']> =>
  use(
    `pieces ${slug} ${blob}`,
    () => ask('The pieces could not be read.', api.GET('/api/v1/games/{slug}/swarm/{blob}', { params: { path: { slug, blob } } })),
    () => false
  );

/** What was, over time. Whoever shows it reads it again as time goes on. */
export const history = (by: Schemas['History']['by'], resolution: Schemas['History']['resolution']): Resource<Schemas['History']> =>
  use(
    `history ${by} ${resolution}`,
    () => ask('The history could not be read.', api.GET('/api/v1/history', { params: { query: { by, resolution } } })),
    () => false
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
      event.event !== 'missed' && event.event !== 'changed' && event.game === slug && (event.event === 'job' ? event.job.state === 'done' || event.job.state === 'failed' : true)
  );

/** By what a game is pruned. */
export const gamePolicy = (slug: string): Resource<Schemas['GamePolicy']> =>
  use(
    `policy ${slug}`,
    () => ask('What is kept could not be read.', api.GET('/api/v1/games/{slug}/policy', { params: { path: { slug } } })),
    (event) => changed('policies')(event) || ((event.event === 'game' || event.event === 'live' || event.event === 'removed') && event.game === slug)
  );

/** By what games are pruned that have no policy of their own. */
export const defaultPolicy = (): Resource<Schemas['DefaultPolicy']> => use('policy', () => ask('What is kept could not be read.', api.GET('/api/v1/policy')), changed('policies'));

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

/** The log of a job, oldest line first. */
export const jobLog = (id: string): Resource<LogLine[]> =>
  use(
    `job log ${id}`,
    async () => (await ask('The log could not be read.', api.GET('/api/v1/jobs/{id}/log', { params: { path: { id } } }))).lines,
    (event, resource) => event.event === 'job' && event.job.id === id && (event.job.lines ?? 0) > (resource.data?.at(-1)?.number ?? 0)
  );

export async function olderJobs(after: string | undefined): Promise<Jobs> {
  const { jobs, next } = await ask('The jobs could not be read.', api.GET('/api/v1/jobs', { params: { query: page(after) } }));
  // A kind of job without a field of its own confuses what the client makes of the types.
  return { jobs: jobs as Job[], next: next ?? undefined };
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
    changed('accounts')
  );

/** Whether there is an account besides the first. */
export const hasFriends = (): Resource<boolean> =>
  use('has friends', async () => (await ask('The accounts could not be read.', api.GET('/api/v1/users', { params: { query: { limit: 2 } } }))).users.length > 1, changed('accounts'));

/** Those that are good for something and those of the last weeks that are not. */
export const invites = (): Resource<Schemas['Invite'][]> =>
  use(
    'invites',
    () =>
      all(async (after) => {
        const { invites, next } = await ask('The links could not be read.', api.GET('/api/v1/invites', { params: { query: page(after) } }));
        return { entries: invites, next: next ?? undefined };
      }),
    changed('invites', 'accounts')
  );

/** Where an account is signed in, the newest first; the caller's own without a name. */
export const sessions = (name: string | undefined): Resource<Schemas['SessionInfo'][]> =>
  use(
    `sessions ${name ?? ''}`,
    async () => {
      const sessions = await all(async (after) => {
        const query = page(after);
        const call = name === undefined ? api.GET('/api/v1/me/sessions', { params: { query } }) : api.GET('/api/v1/users/{name}/sessions', { params: { path: { name }, query } });
        const { sessions, next } = await ask('The sessions could not be read.', call);
        return { entries: sessions, next: next ?? undefined };
      });
      return sessions.sort((a, b) => b.used - a.used);
    },
    changed('accounts')
  );

export const devices = (name: string): Resource<Schemas['Device'][]> =>
  use(
    `devices ${name}`,
    async () => {
      const devices = await all(async (after) => {
        const { devices, next } = await ask('The devices could not be read.', api.GET('/api/v1/users/{name}/devices', { params: { path: { name }, query: page(after) } }));
        return { entries: devices, next: next ?? undefined };
      });
      return devices.sort((a, b) => b.last_seen - a.last_seen);
    },
    changed('accounts')
  );

export const secondFactor = (): Resource<Schemas['SecondFactor']> =>
  use('second factor', () => ask('The second factor could not be read.', api.GET('/api/v1/me/second-factor')), changed('accounts'));

export const settings = (): Resource<Schemas['ServerSettings']> =>
  use('settings', () => ask('The settings could not be read.', api.GET('/api/v1/settings')), changed('settings'));

export const seal = (): Resource<Schemas['Seal']> => use('seal', () => ask('The keys could not be read.', api.GET('/api/v1/seal')), (event) => event.event === 'live' || changed('keys')(event));

export const tokens = (): Resource<Schemas['ApiToken'][]> =>
  use(
    'tokens',
    () =>
      all(async (after) => {
        const { tokens, next } = await ask('The tokens could not be read.', api.GET('/api/v1/tokens', { params: { query: page(after) } }));
        return { entries: tokens, next: next ?? undefined };
      }),
    changed('tokens', 'accounts')
  );

export const seeds = (): Resource<Seed[]> =>
  use(
    'seeds',
    () =>
      all(async (after) => {
        const { seeds, next } = await ask('The seeds could not be read.', api.GET('/api/v1/seeds', { params: { query: page(after) } }));
        return { entries: seeds, next: next ?? undefined };
      }),
    changed('seeds')
  );

export const audit = (): Resource<AuditEntry[]> =>
  use(
    'audit',
    async () => (await ask('The audit log could not be read.', api.GET('/api/v1/audit', { params: { query: { limit: 100 } } }))).entries,
    concerns('live', 'removed', 'changed')
  );

/** The first page of what changed between two builds; each further one is read when it is wanted. */
export const changes = (slug: string, from: string, to: string): Resource<Changes> =>
  use(`changes ${slug} ${from} ${to}`, () => moreChanges(slug, from, to, undefined), (event) => event.event === 'build' && event.game === slug);

export const moreChanges = (slug: string, from: string, version: string, after: string | undefined): Promise<Changes> =>
  ask(
    'What changed could not be read.',
    api.GET('/api/v1/games/{slug}/builds/{version}/changes', { params: { path: { slug, version }, query: { from, ...page(after, 100) } } })
  );

export const files = (slug: string, version: string, search: string, after: string | undefined): Promise<BuildFiles> =>
  ask(
    'The files could not be read.',
    api.GET('/api/v1/games/{slug}/builds/{version}/files', { params: { path: { slug, version }, query: { ...page(after, 200), ...(search === '' ? {} : { search }) } } })
  );

/** Where one file of a build can be had, for some hours. */
export const filePlace = (slug: string, version: string, path: string): Promise<Schemas['FilePlace']> =>
  ask('The file can’t be had just now.', api.GET('/api/v1/games/{slug}/builds/{version}/file', { params: { path: { slug, version }, query: { path } } }));

export const notifications = (): Resource<Notifications> =>
  use('notifications', () => ask('What is told elsewhere could not be read.', api.GET('/api/v1/notifications')), concerns('live', 'job', 'changed'));

/** What was done to a game, as far as the newest entries of the log go back. */
export const gameHistory = (slug: string): Resource<AuditEntry[]> =>
  use(
    `game history ${slug}`,
    async () => (await ask('The history could not be read.', api.GET('/api/v1/audit', { params: { query: { limit: 500 } } }))).entries,
    (event) => event.event !== 'missed' && event.event !== 'changed' && event.event !== 'job' && event.game === slug
  );
