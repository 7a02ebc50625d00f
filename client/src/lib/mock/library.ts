// A believable library of a made-up group of friends.
import type { Build, BytesBySource, Game, GameStatus, LibraryItem, OperationRecord, TransferKind } from '../backend';

export const DAY = 86_400_000;
const MB = 1e6;
const GB = 1e9;

export const by = (lan: number, tailnet = 0, internet = 0, seed = 0, https = 0): BytesBySource => ({ lan, tailnet, internet, seed, https });

const hash = (text: string): string => [...text.padEnd(32, '·').slice(0, 32)].map((c) => ((c.codePointAt(0) ?? 0) % 256).toString(16).padStart(2, '0')).join('');

interface Known {
  title: string;
  text: string;
  /** Versions with the patch from the one before; the live one is the last that is not `next`. */
  builds: [version: string, patch: number][];
  size: number;
  files: number;
  /** A build that is being made. */
  next?: string;
  /** A build that goes live later, with the patch to it. */
  later?: [version: string, patch: number];
}

const KNOWN: Record<string, Known> = {
  'paper-boats': { title: 'Paper Boats', text: 'A small harbour, a long winter, and a fleet that you fold yourself. Sail by the wind that the others make.', builds: [['1.0', 0], ['1.1', 41 * MB], ['1.1.1', 0.8 * MB], ['2.0', 214 * MB], ['2.0.1', 3.1 * MB]], size: 4.18 * GB, files: 12_410 },
  lanternfall: { title: 'Lanternfall', text: 'Carry one light down through nine drowned cities. Whoever holds it can see, and be seen.', builds: [['0.9.10', 0], ['0.9.11', 96 * MB], ['0.9.12', 11 * MB]], size: 12.6 * GB, files: 3_871, next: '1.0-rc1' },
  'hollow-tide': { title: 'Hollow Tide', text: 'Salvage, barter and bad weather for up to six.', builds: [['1.3', 0], ['1.4', 640 * MB]], size: 38.2 * GB, files: 51_204 },
  'quiet-engines': { title: 'Quiet Engines', text: 'Trains that nobody hears, timetables that nobody keeps.', builds: [['2026.10.19', 0], ['2026.11.02', 22 * MB], ['2026.11.20', 18 * MB]], size: 2.4 * GB, files: 908 },
  'moss-and-iron': { title: 'Moss & Iron', text: 'Build a foundry in a forest that grows back every night.', builds: [['3.1', 0], ['3.2', 310 * MB]], size: 9.7 * GB, files: 20_115 },
  'orbit-garden': { title: 'Orbit Garden', text: 'Grow tomatoes at seven kilometres a second.', builds: [['1.0', 0]], size: 640 * MB, files: 412 },
  'the-long-way-down': { title: 'The Long Way Down to the Lighthouse', text: 'One staircase, four friends, no hands free.', builds: [['0.4', 0]], size: 1.1 * GB, files: 1_204 },
  'saltmarsh-rally': { title: 'Saltmarsh Rally', text: 'The course is where the water is not, yet.', builds: [['5', 0], ['6', 77 * MB]], size: 17.3 * GB, files: 6_630 },
  'glass-orchard': { title: 'Glass Orchard', text: 'A puzzle for patient people who throw stones.', builds: [['1.2', 0]], size: 860 * MB, files: 230 },
  'night-ferry': { title: 'Night Ferry', text: 'Deal cards until the far shore. Somebody on board is lying.', builds: [['1.0', 0], ['1.0.1', 4 * MB]], size: 3.3 * GB, files: 2_002, later: ['1.1', 180 * MB] },
  'tin-parliament': { title: 'Tin Parliament', text: 'Wind up your ministers and let them walk.', builds: [['0.8', 0]], size: 5.6 * GB, files: 4_411 },
  'under-oak': { title: 'Under Oak', text: '', builds: [], size: 0, files: 0 }
};

function build(slug: string, known: Known, index: number, now: number): Build {
  const later = index >= known.builds.length ? known.later : undefined;
  const [version, patch] = known.builds[index] ?? later ?? [known.next ?? '0', 0];
  const before = known.builds[index - 1]?.[0];
  const size = Math.round(known.size * (0.94 + 0.06 * ((index + 1) / Math.max(1, known.builds.length))));
  const making = later === undefined && index >= known.builds.length;
  const patches = before === undefined || making ? [] : [{ from: before, from_manifest: hash(`${slug}${before}m`), blob: { hash: hash(`${slug}${version}p`), size: patch } }];
  const back = known.builds[index + 1];
  if (back) patches.push({ from: back[0], from_manifest: hash(`${slug}${back[0]}m`), blob: { hash: hash(`${slug}${version}b`), size: Math.round(back[1] * 1.05) } });
  return {
    version,
    sequence: index + 1,
    state: making ? 'processing' : 'ready',
    live: index === known.builds.length - 1,
    manifest_id: hash(`${slug}${version}m`),
    manifest: { hash: hash(`${slug}${version}e`), size: 9000 },
    archive: { hash: hash(`${slug}${version}a`), size },
    content_size: size,
    files: known.files + index * 14,
    created: now - (known.builds.length - index) * 9 * DAY - 3 * 3_600_000,
    patches,
    archive_stored: null,
    kept: 'whole',
    ...(later ? { live_at: goesLive(now) } : {})
  };
}

/** The evening of the day after tomorrow. */
export const goesLive = (now: number): number => new Date(now + 2 * DAY).setHours(20, 0, 0, 0);

function listed(slug: string, known: Known, now: number): LibraryItem {
  const count = known.builds.length + (known.next === undefined && known.later === undefined ? 0 : 1);
  const builds = Array.from({ length: count }, (_, i) => build(slug, known, i, now));
  const live = builds.find((b) => b.live)?.version ?? null;
  const game: Game = { slug, title: known.title, app_id: null, is_private: false, description: known.text, cover_url: null, live, created: now - 90 * DAY };
  return { game, builds, here: null };
}

export const library = (now: number): LibraryItem[] => Object.entries(KNOWN).map(([slug, known]) => listed(slug, known, now)).sort((a, b) => a.game.title.localeCompare(b.game.title));

const FIRST = ['Amber', 'Bitter', 'Cold', 'Distant', 'Eastern', 'Feral', 'Gentle', 'Hidden', 'Ivory', 'Jagged'];
const SECOND = ['Harbour', 'Circuit', 'Meadow', 'Signal', 'Kingdom', 'Rivers', 'Parade', 'Embers', 'Voyage', 'Winter'];
/** As many games as nobody has. */
export function many(count: number, now: number): LibraryItem[] {
  return Array.from({ length: count }, (_, i) => {
    const title = `${FIRST[i % 10]} ${SECOND[Math.floor(i / 10) % 10]}${i < 100 ? '' : ` ${Math.floor(i / 100) + 1}`}`;
    const slug = title.toLowerCase().replaceAll(' ', '-');
    return listed(slug, { title, text: '', builds: [['1.0', 0]], size: (1 + (i % 40)) * GB, files: 900 + i }, now);
  });
}

export function record(kind: TransferKind, from: string | null, to: string, forecast: number, bytes: BytesBySource, seconds: number, finished: number): OperationRecord {
  const actual = bytes.lan + bytes.tailnet + (bytes.internet ?? 0) + bytes.seed + bytes.https;
  const route = from === null ? 'pieces' : 'patches';
  const patch = from === null ? 0 : seconds * 0.3;
  const spent = { network: seconds * 0.85 - patch, limit: 0, sources: seconds * 0.06, seed: 0, hash: seconds * 0.01, disk: seconds * 0.08, patch };
  return { kind, from, to, route, forecast_bytes: forecast, actual_bytes: actual, bytes, wire: bytes, ahead: by(0), disk: { before: 0, forecast: forecast * 2, peak: Math.round(forecast * 1.9) }, seconds, spent, finished };
}

export const HOME = '/home/mia/.local/share/mist/games';

export function installed(item: LibraryItem, version: string, more: Partial<GameStatus> = {}): GameStatus {
  const live = item.builds.find((b) => b.live)?.version ?? null;
  const here = item.builds.find((b) => b.version === version);
  const later = item.builds.find((b) => b.live_at != null && b.version !== version);
  return {
    game: item.game.slug,
    dir: `${HOME}/${item.game.slug}`,
    state: 'installed',
    version,
    live,
    update_available: live !== version,
    went_back: false,
    next: later?.live_at == null ? null : { version: later.version, live_at: later.live_at, fetching: false, ready: false, bytes: 0 },
    size: here?.archive.size ?? null,
    previous: null,
    pending: null,
    last_operation: null,
    ...more
  };
}
