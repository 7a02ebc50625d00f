// Evenings that a friend may find: who is signed in, what is here, and what goes on.
import type { DiskView, GameStatus, KeptItem, LibraryItem, Neighbourhood, OperationView, Order, Play, Release, ServerStatus } from '../backend';
import { by, DAY, HOME, installed, library, many, record } from './library';

export interface Scene {
  server: ServerStatus | null;
  online: boolean;
  /** The network costs by the byte. */
  metered: boolean;
  library: LibraryItem[];
  games: Map<string, GameStatus>;
  plays: Map<string, Play>;
  operations: OperationView[];
  disks: DiskView[];
  /** Files that a verification finds wrong. */
  damaged: Map<string, string[]>;
  kept: Map<string, KeptItem[]>;
  release: Release;
  neighbourhood(now: number): Neighbourhood;
}

const GB = 1e9;
const SERVER: ServerStatus = { url: 'https://mist.example.org', user: 'mia', peer: '12D3KooWQ7mE4xkT', tracker_key: '7f3a 91c0 22de 4b18', release_key: 'c04e 5a77 9d31 08fb', catalogue_age: 40 };

const operation = (id: number, order: Order, state: OperationView['state'], at: number, more: Partial<OperationView> = {}): OperationView => ({
  id,
  order,
  state,
  ordered: at,
  ended: null,
  phase: null,
  plan: null,
  network: null,
  disk: null,
  remarks: [],
  outcome: null,
  failure: null,
  ...more
});

export function scene(name: string, now: number): Scene {
  const all = name === 'many' ? many(2000, now) : name === 'empty' ? [] : library(now);
  const item = (slug: string): LibraryItem => {
    const found = all.find((l) => l.game.slug === slug);
    if (found === undefined) throw new Error(`no ${slug}`);
    return found;
  };
  const base: Scene = {
    server: name === 'signed-out' ? null : SERVER,
    online: name !== 'offline',
    metered: name === 'train',
    library: all,
    games: new Map(),
    plays: new Map(),
    operations: [],
    disks: [{ folder: HOME, usual: true, free: 118 * GB, total: 500 * GB, games: [] }],
    damaged: new Map(),
    kept: new Map(),
    release: { version: '0.2.0', updates: true, offered: name === 'evening' ? { version: '0.3.0', size: 14_200_000 } : null, refused: name === 'trouble' ? { code: 'client_refused', class: 'failed', params: { cause: 'key', found: '9a1c 77e0 52d3 0b4f', pinned: SERVER.release_key ?? '' } } : null },
    neighbourhood: (at) => {
      // What was given goes on growing, so that a rate can be seen.
      const grown = Math.floor((at - now) / 1000);
      const gave = by(8.1 * GB + grown * 6e6, 1.9 * GB + grown * 8e5, 4.2e8, 0, 0);
      return {
        nearby: name === 'offline' ? 1 : 3,
        connections: 5,
        answers: 2,
        got: by(21.4 * GB, 3.2 * GB, 1.1 * GB, 4.6 * GB, 2e8),
        gave,
        games: [
          { game: 'paper-boats', got: by(4.1 * GB, 0, 0, 3e8, 0), gave: by(5.4 * GB + grown * 6e6, 1.2 * GB, 0, 0, 0) },
          { game: 'moss-and-iron', got: by(7.3 * GB, 1.4 * GB, 0, 9e8, 0), gave: by(2.7 * GB, 7e8 + grown * 8e5, 4.2e8, 0, 0) },
          { game: 'quiet-engines', got: by(1.1 * GB, 9e8, 3e8, 2e8, 0), gave: by(0) }
        ]
      };
    }
  };
  if (name === 'empty' || name === 'many') return base;

  const here = (status: GameStatus) => base.games.set(status.game, status);
  const moved = record('update', '2.0', '2.0.1', 3.1e6, by(2.2e6, 3e5, 0, 6e5, 0), 4.2, now - 2 * DAY);
  here(installed(item('paper-boats'), '2.0.1', { last_operation: moved, previous: { version: '2.0', bytes: 12.4e6 } }));
  here(installed(item('moss-and-iron'), '3.1', { last_operation: record('install', null, '3.1', 9.1 * GB, by(7.3 * GB, 1.4 * GB, 0, 9e8, 0), 164, now - 20 * DAY) }));
  here(installed(item('quiet-engines'), '2026.11.02'));
  here(installed(item('night-ferry'), '1.0.1', { dir: '/media/mia/games/night-ferry' }));
  here(installed(item('glass-orchard'), '1.2'));
  const played = (game: string, last: number, seconds: number, running = false) => base.plays.set(game, { game, last, seconds, running_since: running ? last : null });
  played('paper-boats', now - 20 * 3_600_000, 41 * 3600);
  played('night-ferry', now - 3 * DAY, 6 * 3600 + 1200);
  played('glass-orchard', now - 41 * DAY, 2400);
  base.disks = [
    { folder: HOME, usual: true, free: 118 * GB, total: 500 * GB, games: ['glass-orchard', 'moss-and-iron', 'paper-boats', 'quiet-engines'] },
    { folder: '/media/mia/games', usual: false, free: 611 * GB, total: 1000 * GB, games: ['night-ferry'] }
  ];
  base.kept.set('paper-boats', [{ label: '2.0', path: 'config/keys.ini', is_link: false }, { label: '2.0', path: 'mods/sails/index.lua', is_link: false }]);
  const past = [
    operation(61, { kind: 'update', game: 'paper-boats' }, 'done', now - 2 * DAY - 9000, { ended: now - 2 * DAY, outcome: { outcome: 'present', version: '2.0.1', before: '2.0', operation: moved }, remarks: [{ remark: 'kept', files: 2, folder: `${HOME}/paper-boats/.mist/kept/2.0`, names: ['config/keys.ini', 'mods/sails/index.lua'] }] }),
    operation(62, { kind: 'verify', game: 'glass-orchard' }, 'done', now - 3_700_000, { ended: now - 3_600_000, outcome: { outcome: 'verified', version: '1.2', damaged: [], repair_bytes: 0 } }),
    operation(63, { kind: 'install', game: 'night-ferry', version: null, dir: '/media/mia/games/night-ferry' }, 'done', now - 3 * DAY - 200_000, {
      ended: now - 3 * DAY,
      outcome: { outcome: 'present', version: '1.0.1', before: null, operation: record('install', null, '1.0.1', 3.1 * GB, by(2.0 * GB, 4e8, 2e8, 5e8, 9e7), 71, now - 3 * DAY) },
      remarks: [{ remark: 'route_failed', route: 'patches', reason: 'nobody had the patch' }]
    })
  ];
  if (name === 'signed-out') return { ...base, library: all, operations: past };
  if (name === 'offline') return { ...base, operations: past };
  if (name === 'quiet') return { ...base, operations: past };
  if (name === 'ready') {
    const ferry = installed(item('night-ferry'), '1.0.1', { dir: '/media/mia/games/night-ferry' });
    if (ferry.next) here({ ...ferry, next: { ...ferry.next, fetching: true, ready: true, bytes: 180e6 } });
    return { ...base, operations: past };
  }
  if (name === 'trouble') {
    here(installed(item('glass-orchard'), '1.2', { state: 'damaged' }));
    here(installed(item('night-ferry'), '1.0.1', { state: 'missing', dir: '/media/mia/games/night-ferry' }));
    here(installed(item('quiet-engines'), '2026.11.02', { state: 'unverified' }));
    base.damaged.set('glass-orchard', ['data/orchard.pak', 'shaders/glass.spv']);
    base.operations = [
      ...past,
      operation(71, { kind: 'verify', game: 'glass-orchard' }, 'done', now - 90_000, { ended: now - 60_000, outcome: { outcome: 'verified', version: '1.2', damaged: ['data/orchard.pak', 'shaders/glass.spv'], repair_bytes: 46e6 } }),
      operation(72, { kind: 'install', game: 'hollow-tide', version: null, dir: null }, 'failed', now - 500_000, { ended: now - 400_000, network: { done: 11 * GB, total: 35 * GB, bytes: by(8 * GB, 1 * GB, 0, 2 * GB, 0), rate: 0, eta: null, sources: 0 }, failure: { code: 'file_too_large', class: 'failed', params: { system: 'File too large (os error 27)' } } })
    ];
    return base;
  }
  // An evening: one update comes in, an install waits behind another, and one is paused.
  played('glass-orchard', now - 1_500_000, 2400, true);
  const fetching = (done: number, total: number, rate: number) => ({ done, total, bytes: by(done * 0.62, done * 0.12, done * 0.05, done * 0.19, done * 0.02), rate, eta: Math.round((total - done) / rate), sources: 5 });
  here({ ...installed(item('lanternfall'), '0.9.12'), state: 'installing', version: null, update_available: false, size: null });
  here({ ...installed(item('saltmarsh-rally'), '6'), state: 'installing', version: null, update_available: false, size: null });
  base.operations = [
    ...past,
    operation(81, { kind: 'install', game: 'lanternfall', version: null, dir: null }, 'running', now - 130_000, { phase: 'downloading', network: fetching(7.3 * GB, 11.7 * GB, 71e6), disk: { done: 7.1 * GB, total: 11.7 * GB } }),
    operation(82, { kind: 'update', game: 'moss-and-iron' }, 'running', now - 40_000, { phase: 'patching', network: { ...fetching(310e6, 310e6, 1), rate: 0, eta: null, sources: 0 }, disk: { done: 4e8, total: 2.9 * GB } }),
    operation(83, { kind: 'install', game: 'orbit-garden', version: null, dir: null }, 'queued', now - 30_000),
    operation(84, { kind: 'install', game: 'saltmarsh-rally', version: null, dir: null }, 'paused', now - 900_000, { network: { ...fetching(5.2 * GB, 16.1 * GB, 1), rate: 0, eta: null, sources: 0 } })
  ];
  return base;
}
