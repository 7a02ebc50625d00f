// The API with made-up answers, for pictures of states that a real server is seldom in. Tests of what happens use a real one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../build', import.meta.url));
const DESCRIPTION = readFileSync(new URL('../../docs/openapi.json', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json', '.txt': 'text/plain' };
const HOUR = 3_600_000;

const hash = (n) => n.toString(16).padStart(64, '0');
const key = (name) => createHash('sha256').update(name).digest('hex');
const blob = (size) => ({ hash: hash(size), size });
const by = (lan, tailnet, internet, seed, https) => ({ lan, tailnet, internet, seed, https });

function builds(now) {
  const sizes = [0, 41_200_000, 812_000, 214_000_000, 3_100_000, 9_400_000];
  return ['1.0', '1.1', '1.1.1', '2.0', '2.0.1', '2.1-beta'].map((version, i) => ({
    version,
    sequence: i + 1,
    state: i === 5 ? 'processing' : 'ready',
    live: i === 4,
    manifest_id: hash(i),
    manifest: blob(9000 + i),
    archive: blob(4_180_000_000 + i * 21_000_000),
    content_size: 4_180_000_000 + i * 21_000_000,
    files: 12_410 + i * 14,
    created: now - (6 - i) * 9 * 24 * HOUR,
    patches: i === 0 ? [{ from: '1.1', from_manifest: hash(1), blob: blob(40_100_000) }] : [{ from: ['1.0', '1.1', '1.1.1', '2.0', '2.0.1'][i - 1], from_manifest: hash(i - 1), blob: blob(sizes[i]) }],
    archive_stored: 3_900_000_000,
    kept: i < 2 ? 'reverse' : i === 2 ? 'replay' : 'whole',
    notes: i === 4 ? 'The storm of the second winter no longer ends the game.\nSails can be mended at sea.' : i === 3 ? 'The second winter: a new harbour, ice, and lamps that go out.' : '',
    pinned: i === 0,
    ...(i === 3 ? { live_at: now + 7 * HOUR } : {}),
    ...(i > 0 ? { forecast: { from: ['1.0', '1.1', '1.1.1', '2.0', '2.0.1'][i - 1], bytes: Math.round(sizes[i] * 1.12), raw: sizes[i] * 2, by: 'signature' } } : {}),
    pushed_by: 'admin'
  }));
}

const TITLES = [
  ['paper-boats', 'Paper Boats', null, false, '2.0.1'],
  ['lanternfall', 'Lanternfall', 440, false, '0.9.12'],
  ['hollow-tide', 'Hollow Tide', null, true, '1.4'],
  ['quiet-engines', 'Quiet Engines', 730, false, '2026.11.02'],
  ['moss-and-iron', 'Moss & Iron', null, false, '3.2'],
  ['the-long-way-down-to-the-lighthouse', 'The Long Way Down to the Lighthouse', null, true, null],
  ['orbit-garden', 'Orbit Garden', 620, false, '1.0']
];

function jobs(now, trouble) {
  const job = (id, spec, state, more = {}) => ({ id, spec, state, stage: '', done: 0, total: 0, attempts: 1, error: null, created: now - 300_000, updated: now - 4000, ...more });
  const patch = (game, from, to) => ({ kind: 'patch', game, from, from_manifest: blob(1), to, to_manifest: blob(2) });
  return [
    job('0198a', patch('paper-boats', '2.0.1', '2.1-beta'), 'running', { stage: 'matching', done: 2_630_000_000, total: 4_285_000_000 }),
    job('0198b', patch('paper-boats', '2.0', '2.1-beta'), 'queued', { attempts: 0 }),
    ...(trouble ? [job('0198c', { kind: 'archive', game: 'hollow-tide', version: '1.4', manifest: blob(3) }, 'failed', { attempts: 5, error: 'writing frames: No space left on device (os error 28) at archives/9f/9f31c0….zst; 1.2 GB were needed, 310 MB are free', updated: now - 2 * HOUR })] : []),
    job('0198h', { kind: 'steam', game: 'orbit-garden' }, 'queued', { attempts: 2, error: 'Steam does not answer; try later', updated: now - 6000 }),
    job('0198d', { kind: 'ingest', game: 'paper-boats', version: '2.1-beta', push: 'p', manifest: blob(4) }, 'done', { updated: now - 200_000 }),
    job('0198e', patch('lanternfall', '0.9.11', '0.9.12'), 'done', { updated: now - 5 * HOUR }),
    job('0198f', { kind: 'thin', game: 'lanternfall', live: '0.9.12' }, 'done', { updated: now - 5 * HOUR }),
    job('0198i', { kind: 'tell' }, 'done', { updated: now - 3 * HOUR }),
    job('0198g', { kind: 'jump', game: 'quiet-engines', to: '2026.11.02', signature: blob(5) }, 'done', { updated: now - 26 * HOUR })
  ];
}

/** The log of a job, each line so many milliseconds after it was made. */
function log(now, id) {
  const lines = [[0, 'info', 'tracker', 'queued; it begins once job 0198d is done'], [92_000, 'info', 'tracker', 'given to seed attic-nas, try 1 of 5']];
  if (id === '0198a')
    lines.push([92_500, 'info', 'seed', '2.0.1 is rebuilt from 2.0 by 1 patch'], [92_500, 'info', 'tracker', 'stage: rebuilding'], [131_000, 'warn', 'tracker', 'the seed was started anew and does not know of it; it is queued again, and this try does not count'], [131_200, 'info', 'tracker', 'given to seed attic-nas, try 1 of 5'], [140_000, 'info', 'tracker', 'stage: comparing']);
  else lines.push([92_500, 'info', 'tracker', 'stage: compressing'], [128_000, 'error', 'seed', 'the store is full: 1200000000 bytes are needed and 310000000 are free; free some room, then retry the job'], [128_000, 'warn', 'tracker', 'try 1 of 5 failed; it is tried again after 2 s'], [400_000, 'info', 'tracker', '31 lines were left out here'], [401_000, 'error', 'tracker', 'given up after 5 tries']);
  return { lines: lines.map(([after, level, source, text], i) => ({ number: i + 1, at: now - 300_000 + after, level, source, text })) };
}

const FILES = [
  ['bin/boats-linux', 88_412_160],
  ['bin/boats-server', 41_002_992],
  ['data/harbour/ice.pak', 512_220_104],
  ['data/harbour/lamps.pak', 94_118_400],
  ['data/levels/second-winter.pak', 1_412_998_144],
  ['data/music/the-long-thaw.ogg', 8_811_233],
  ['data/shaders/water.cache', 31_900_224],
  ['data/text/de.json', 412_880],
  ['data/text/en.json', 388_104],
  ['version.txt', 6]
];

function changes() {
  const cost = (path, packed, copied, differing, literal, streams = 0, from) => ({ path, packed, copied, differing, literal, streams, ...(from ? { from } : {}) });
  const changed = (path, old_size, new_size, c) => ({ kind: 'changed', path, old_size, new_size, cost: c });
  const list = [
    changed('data/levels/second-winter.pak', 1_412_301_824, 1_412_998_144, cost('data/levels/second-winter.pak', 1_940_000, 1_409_000_000, 210_000, 4_100_000, 1204)),
    { kind: 'added', path: 'data/music/the-long-thaw.ogg', new_size: 8_811_233, cost: cost('data/music/the-long-thaw.ogg', 640_000, 8_000_000, 0, 811_233, 0, 'data/music/thaw-draft.ogg') },
    changed('bin/boats-linux', 88_390_112, 88_412_160, cost('bin/boats-linux', 301_000, 88_000_000, 61_000, 412_160)),
    changed('data/text/de.json', 409_221, 412_880, cost('data/text/de.json', 2100, 408_000, 300, 4880)),
    { kind: 'moved', path: 'data/harbour/lamps.pak', was: 'data/lamps.pak', old_size: 94_118_400, new_size: 94_118_400 },
    { kind: 'removed', path: 'data/music/thaw-draft.ogg', old_size: 8_102_000 }
  ];
  return { added: { files: 1, bytes: 8_811_233 }, changed: { files: 3, bytes: 1_501_823_184 }, moved: { files: 1, bytes: 94_118_400 }, removed: { files: 1, bytes: 8_102_000 }, same: { files: 12_461, bytes: 2_584_000_000 }, patch: 3_100_000, besides: { names: 216_900, files: 0, packed: 0 }, changes: list, next: null };
}

/** A picture in the hue of a cover. */
const picture = (hue, small) => {
  const [w, h] = small ? [320, 150] : [920, 430];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 92 43"><rect width="92" height="43" fill="oklch(.24 .05 ${hue})"/><circle cx="66" cy="14" r="8" fill="oklch(.86 .09 ${hue})"/><path d="M0 30c12 0 12 4 23 4s12-4 23-4 12 4 23 4 12-4 23-4v13H0z" fill="oklch(.5 .12 ${hue})"/><path d="M22 29h22l-5 6H27zM32 12v16H20z" fill="oklch(.95 .03 ${hue})"/></svg>`;
};

/** Where somebody is signed in. */
const sessions = (now, own) => [
  { id: 's1', device: 'Firefox on Linux', browser: true, current: own, created: now - 3 * HOUR, used: now - 30_000, expires: now + 12 * HOUR },
  { id: 's2', device: 'mia-desktop', browser: false, current: false, created: now - 40 * 24 * HOUR, used: now - 5 * 60_000, expires: now + 60 * 24 * HOUR },
  { id: 's3', device: null, browser: false, current: false, created: now - 9 * 24 * HOUR, used: now - 8 * 24 * HOUR, expires: now + 50 * 24 * HOUR }
];

/** Settings of a server that was given a file, or nothing at all. */
function settings(scene) {
  const one = (name, help, value, source = 'default', given_by = null, more = {}) => ({ name, help, value, secret: false, source, given_by, default: value ?? 'none', variable: `MIST_${name.toUpperCase()}`, flag: `--${name.replaceAll('_', '-')}`, live: false, takes: 'TEXT', ...more });
  const file = scene === 'empty' ? null : '/etc/mist/tracker.toml';
  const from = (source, given_by) => (file === null ? ['default', null] : [source, given_by]);
  const by = from('file', file);
  return {
    file,
    settings: [
      one('data_dir', 'Folder of the database and keys; never on a NAS.', '/var/lib/mist', ...from('flag', '--data-dir')),
      one('listen', 'Where to listen for HTTP; port 0 takes a free one.', '127.0.0.1:8080'),
      one('public_url', 'The address that friends type, e.g. https://mist.example.', file && 'https://mist.example.org/', ...by, { default: 'none' }),
      one('database', 'A PostgreSQL server, as postgres://user:password@host/name.', null, ...from('environment', 'MIST_DATABASE_URL_FILE'), { secret: true, default: 'SQLite in the data dir', variable: 'MIST_DATABASE_URL', flag: null }),
      one('store', 'The embedded seed’s store; may be on a NAS.', '/mnt/nas/mist-store', ...by, { default: '`store` in the data dir' }),
      one('quic_listen', 'Where the embedded seed listens for QUIC.', '0.0.0.0:8443'),
      one('embedded_seed', 'Whether to run a seed in this process; `--no-seed` says no.', 'true'),
      one('trusted_proxies', 'Proxies in front whose word about a caller’s address is taken.', '127.0.0.1/32, ::1/128, 10.0.0.0/8', ...by, { default: 'none' }),
      one('requests_per_minute', 'Requests a minute that one account, and one network, may make, at least 60; 0 for any number.', '6000', 'default', null, { live: true }),
      one('steam_url', 'Where Steam’s store answers.', 'https://store.steampowered.com/'),
      one('direct_patch_above', 'Size of a chain of patches above which the first friend who would use it gets one patch made; below, the second.', '128', ...(file === null ? ['default', null] : ['portal', 'sofia']), { live: true, default: '64', ...(file === null ? {} : { changed: Date.now() - 26 * HOUR }) }),
      one('reverse_patches', 'Whether to make patches that lead back from each build to the one before it, for friends who switch back and so that the files of old builds can go.', 'true', 'default', null, { live: true, takes: 'BOOL' }),
      one('history_days', 'Days for which it is kept what was moved, online and stored by the day, from 1 to 3650; by the hour it is 14 of them at most. Fewer forget what is older.', '730', 'default', null, { live: true }),
      one('upload_limit', 'Bytes a second that the seed sends to friends at most.', '12MB', ...from('environment', 'MIST_UPLOAD_LIMIT'), { default: 'no limit', live: true })
    ]
  };
}

/** Who takes part in a game's swarm: friends near and far, two of them in the middle of something. */
function swarm(now) {
  const all = builds(now).filter((build) => build.state === 'ready').reverse();
  const pieces = (blob) => Math.ceil(blob.size / 1_048_576);
  const entry = (blob, version, more = {}) => ({ blob, version, live: version === '2.0.1', pieces: pieces(blob), ...more });
  const blobs = [
    ...all.map((build, i) => entry(build.archive, build.version, { copies: [5.42, 2, 1.3, 1, 1][i], friends: [5, 1, 1, 0, 0][i], seeds: 1 })),
    ...all.flatMap((build, i) => build.patches.map((patch) => entry(patch.blob, build.version, { from: patch.from, copies: [4, 1, 1, 1, 1][i], friends: [3, 0, 0, 0, 0][i], seeds: 1 })))
  ];
  const live = blobs[0];
  const run = (name, device, network, hours, share, more = {}) => ({
    peer: `12D3KooW${name}${device}`.padEnd(52, 'a'),
    name,
    device,
    seed: false,
    network,
    since: now - hours * HOUR,
    heard: now - 7000,
    down: by(0, 0, 0, 0, 0),
    up: 0,
    held: [{ blob: live.blob.hash, pieces: Math.round(live.pieces * share) }],
    ...more
  });
  const also = (...places) => places.map((place) => ({ blob: blobs[place].blob.hash, pieces: blobs[place].pieces }));
  const runs = [
    run('embedded', 'seed', 'lan', 340, 1, { seed: true, up: 2_100_000, held: also(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) }),
    run('theo', 'attic', 'lan', 0.2, 0.62, { down: by(61e6, 0, 0, 8e6, 0), up: 3_400_000 }),
    run('a-friend-with-quite-a-long-name', 'the-machine-in-the-living-room', 'internet', 1.4, 0.18, { down: by(0, 0, 0, 0, 2_300_000) }),
    run('mia', 'mia-desktop', 'lan', 31, 1, { up: 48e6, held: also(0, 5) }),
    run('sofia', 'laptop', 'tailnet', 5, 1, { up: 12e6, held: also(0, 1, 5, 6) }),
    run('ben', 'ben-pc', 'internet', 80, 0, { held: also(2) }),
    run('jo', 'deck', 'tailnet', 2, 1)
  ];
  return { at: now, blobs, runs, left_off: 0 };
}

/** Where the pieces of a blob are: with some whole, and some in the middle of it. */
function pieceMap(blob, busy) {
  const n = Math.min(1024, blob.pieces);
  const whole = Math.floor(blob.copies - 1);
  const parts = Array.from({ length: n }, (_, i) => {
    const some = busy ? Number(i / n < 0.62) + Number(Math.sin(i / 9) > 0.6) : 0;
    return { least: whole + some, mean: whole + some + (busy ? 0.3 : 0) };
  });
  return { blob: blob.blob, pieces: blob.pieces, seeds: blob.seeds, complete: whole, placed: busy ? 2 : 0, unplaced: busy ? 1 : 0, parts };
}

/** What each path answers. `scene` is full, trouble, empty, or friend. */
function answers(scene) {
  const now = Date.now();
  const trouble = scene === 'trouble';
  const empty = scene === 'empty';
  /** A server in the middle of being set up. */
  const begun = scene === 'begun';
  const games = empty ? [] : TITLES.slice(0, begun ? 1 : undefined).map(([slug, title, app_id, is_private, live], i) => ({ slug, title, app_id, is_private, live: begun ? null : live, description: i === 0 ? 'A small harbour, a long winter, and a fleet that you fold yourself. Sail by the wind that the others make.' : '', cover_url: null, created: now - (i + 3) * 11 * 24 * HOUR, ...(i < 2 || i === 4 ? { cover: { id: hash(900 + i), hue: [232, 62, 0, 0, 141][i], width: 920, height: 430 } } : {}), by_hand: i === 0 ? ['title', 'description', 'cover'] : i === 1 ? ['description'] : [] }));
  const moved = [by(61e9, 22e9, 9e9, 14e9, 2e9), by(4e9, 11e9, 0, 6e9, 0), by(0, 0, 0, 8.4e9, 1e9), by(20e9, 0, 2e9, 3e9, 0), by(1e9, 1e9, 1e9, 1e9, 1e9), by(0, 0, 0, 0, 0), by(0, 3e8, 0, 2e8, 0)];
  const sum = moved.reduce((a, b) => by(a.lan + b.lan, a.tailnet + b.tailnet, a.internet + b.internet, a.seed + b.seed, a.https + b.https));
  const list = empty ? [] : jobs(now, trouble);
  const around = swarm(now);
  const person = (name, scope, more = {}) => ({ id: name, name, scope, disabled: false, grants: [], created: now - 90 * 24 * HOUR, last_sign_in: now - (name.length * 7) * HOUR, ...more });
  return {
    '/api/v1/invites': {
      invites: empty ? [] : [
        { id: 'i1', note: 'LAN night', name: null, reset: false, games: ['hollow-tide'], uses: 5, used: 2, made_by: 'admin', created: now - 2 * 24 * HOUR, expires: now + 5 * 24 * HOUR },
        { id: 'i2', note: '', name: 'theo', reset: false, games: [], uses: 1, used: 0, made_by: 'admin', created: now - HOUR, expires: now + 23 * HOUR },
        { id: 'i3', note: '', name: 'mia', reset: true, games: [], uses: 1, used: 1, made_by: 'admin', created: now - 90 * HOUR, expires: now - 66 * HOUR }
      ]
    },
    '/api/v1/tokens': { tokens: empty ? [] : [{ id: 't1', name: 'nightly', user: 'admin', level: 'publish', created: now - 30 * 24 * HOUR, expires: now + 60 * 24 * HOUR, used: now - 7 * HOUR }, { id: 't2', name: 'status page', user: 'admin', level: 'read', created: now - 400 * 24 * HOUR, expires: now - 35 * 24 * HOUR, used: null }] },
    '/api/v1/me/second-factor': scene === 'full' ? { enrolled: true, recovery_codes: 9 } : { enrolled: false, recovery_codes: 0 },
    '/api/v1/history': history(empty),
    '/api/v1/settings': settings(scene),
    '/api/v1/seal': {
      server: '0.2.0',
      started: now - 1_234_567_000,
      tracker_key: key('server'),
      tracker_fingerprint: '9f2c-41d0-77ab-e053',
      release_keys: empty ? [] : [
        { key: key('first'), fingerprint: 'c04e-5a77-9d31-08fb', since: now - 400 * 24 * HOUR, by: 'admin' },
        { key: key('second'), fingerprint: '1b6d-e2f4-3380-92ac', since: now - 20 * 24 * HOUR, by: 'sofia' }
      ],
      floors: empty ? [] : [{ game: 'lanternfall', title: 'Lanternfall', sequence: 11 }, { game: 'the-long-way-down-to-the-lighthouse', title: 'The Long Way Down to the Lighthouse', sequence: 2 }]
    },
    '/api/v1/me/sessions': { sessions: sessions(now, true) },
    '/api/v1/users/mia/sessions': { sessions: sessions(now, false) },
    '/api/v1/users/mia/devices': { devices: [{ peer: `12D3KooW${'a'.repeat(44)}`, name: 'mia-desktop', last_seen: now - 60_000 }, { peer: `12D3KooW${'b'.repeat(44)}`, name: 'mia’s laptop', last_seen: now - 9 * 24 * HOUR }] },
    '/api/v1/me': { id: 'u1', name: scene === 'friend' ? 'mia' : 'admin', scope: scene === 'friend' ? 'user' : 'admin' },
    '/api/v1/stats': {
      at: now,
      server: '0.2.0',
      uptime: 1_234_567,
      health: trouble ? { ok: false, problems: ['a', 'b'] } : { ok: true, problems: [] },
      swarm: { peers: empty ? 0 : 6, seeds: 1 },
      bytes: empty ? by(0, 0, 0, 0, 0) : sum,
      games: games.map((g, i) => ({ game: g.slug, live: g.live, builds: g.live === null ? 0 : [5, 12, 3, 41, 7, 0, 1][i], copies: [4.4, 2, 1, 6.7, 1.5, 0, 1][i], peers: [5, 2, 0, 6, 1, 0, 0][i], bytes: moved[i] })),
      jobs: { queued: list.filter((j) => j.state === 'queued').length, running: list.filter((j) => j.state === 'running').length, failed: trouble ? 1 : 0, done: 212 },
      ...(empty ? {} : { backups: { folder: '/var/backups/mist', hours: 24, keep: 14, newest: now - (trouble ? 100 : 5) * HOUR, count: 14, late: trouble, ...(trouble ? { problem: 'can’t write /var/backups/mist/mist-2026-11-30T044012Z.zst: No space left on device' } : {}) } }),
      reach: [
        trouble
          ? { seed: 's1', reached: false, text: 'No friend has reached it by QUIC since it started, and 61.0 GB went by HTTPS in the last day: UDP to port 8443 does not get through. The likely cause is a firewall on this machine or the rules of its provider: let UDP in at port 8443 (203.0.113.9:8443).' }
          : { seed: 's1', reached: empty ? null : true, text: empty ? 'No friend from outside this machine has reached it by QUIC in the 2 h 0 min since it started, and none seems to have tried.' : 'Friends reach it by QUIC: in its own network 12 s ago, in the Tailnet 3 min 5 s ago. It has reached friends itself: in its own network 5 h 1 min ago.' }
      ],
      stores: [
        {
          seed: 's1',
          ok: true,
          problem: null,
          used: 412e9,
          free: trouble ? 3.1e8 : 96e9,
          public_url: null,
          rotten: trouble ? [{ game: 'hollow-tide', version: '1.4', pieces: 3, helpless: true }] : [],
          scrub: { every_days: 30, ...(trouble ? { running: { began: now - HOUR, done: 171e9, total: 412e9, rotten: 3 } } : {}), ...(empty ? {} : { last: { began: now - 99 * HOUR, ended: now - 90 * HOUR, read: 409e9, rotten: 2 } }) }
        }
      ]
    },
    '/api/v1/games': { games, as_of: now, next: null },
    '/api/v1/jobs': { jobs: list, next: null },
    ...Object.fromEntries(list.map(({ id }) => [`/api/v1/jobs/${id}/log`, log(now, id)])),
    '/api/v1/users': { users: empty || begun ? [person('admin', 'admin')] : [person('admin', 'admin'), person('ben', 'user', { grants: ['hollow-tide'] }), person('jo', 'user', { disabled: true }), person('mia', 'user', { grants: ['hollow-tide', 'the-long-way-down-to-the-lighthouse'] }), person('sofia', 'admin', { second_factor: true, created: now - 20 * 24 * HOUR })], next: null },
    '/api/v1/seeds': { seeds: [{ id: 's1', name: 'embedded', created: now - 99 * 24 * HOUR, last_seen: now, public_url: null }, ...(empty ? [] : [{ id: 's2', name: 'attic-nas', created: now - 40 * 24 * HOUR, last_seen: now - 3 * HOUR, public_url: 'https://seed.example/seed/v1' }])], next: null },
    '/api/v1/audit': { entries: empty ? [] : [{ at: now - 60_000, actor: 'sofia', action: 'user.sign_in', subject: 'Firefox on Linux' }, { at: now - 90_000, actor: 'sofia', action: 'user.wrong_code', subject: 'sofia' }, { at: now - HOUR, actor: 'admin', action: 'invite.add', subject: 'for LAN night, 5 uses' }, { at: now - 2 * HOUR, actor: 'admin', action: 'build.live', subject: 'paper-boats@2.0.1' }, { at: now - 3 * HOUR, actor: 'sofia', action: 'build.notes', subject: 'paper-boats@2.0.1' }, { at: now - 26 * HOUR, actor: 'admin', action: 'build.push', subject: 'paper-boats@2.0.1' }, { at: now - 27 * HOUR, actor: 'sofia', action: 'game.cover', subject: 'paper-boats' }, { at: now - 28 * HOUR, actor: 'sofia', action: 'game.edit', subject: 'paper-boats' }, { at: now - 40 * HOUR, actor: 'admin', action: 'build.live', subject: 'paper-boats@2.0' }], next: null },
    '/api/v1/notifications': {
      webhook: empty ? null : '1312908475610234982',
      kinds: ['live', 'job', 'disk', 'health', 'key'],
      base: 'https://discord.com/api/webhooks/',
      newest: empty ? [] : [
        { kind: 'disk', text: 'The store of seed s1 has 1.90 GB left: remove old builds or add room.', created: now - 40_000, failure: 'Discord answered 503 Service Unavailable', given_up: false },
        { kind: 'live', text: 'Paper Boats 2.0.1 is live.\nThe storm of the second winter no longer ends the game.', created: now - 2 * HOUR, delivered: now - 2 * HOUR, given_up: false },
        { kind: 'job', text: 'hollow-tide: archive of 1.4 failed: No space left on device', created: now - 26 * HOUR, failure: 'this webhook is gone: make a new one in Discord', given_up: true }
      ]
    },
    '/api/v1/games/paper-boats/prune': { removed: ['1.1', '1.1.1'], kept: [{ version: '1.0', reason: 'pinned' }, { version: '2.0', reason: 'newest' }, { version: '2.0.1', reason: 'live' }, { version: '2.1-beta', reason: 'unfinished' }] },
    ...Object.fromEntries(games.map((g) => [`/api/v1/games/${g.slug}/insurance`, { builds: ['1.0', '1.1', '1.1.1', '2.0', '2.0.1'].map((b, i) => ({ version: b, live: b === '2.0.1', friends: i, copies: i * 0.9, last_known: i + 1, ...(i > 3 ? { sampled: { at: now - 26 * HOUR, asked: i, proved: i - 1 } } : {}) })) }])),
    '/api/v1/games/paper-boats/swarm': trouble ? { ...around, blobs: around.blobs.slice(0, 1).map((blob) => ({ ...blob, copies: 1.62, friends: 1 })), runs: around.runs.slice(0, 2) } : around,
    '/api/v1/games/hollow-tide/swarm': { at: now, blobs: [], runs: [], left_off: 0 },
    ...Object.fromEntries(around.blobs.map((blob, i) => [`/api/v1/games/paper-boats/swarm/${blob.blob.hash}`, pieceMap(trouble ? { ...blob, copies: 1.62 } : blob, i === 0)])),
    '/api/v1/policy': { policy: { keep_newest: 10, keep_days: 90 } },
    '/api/v1/policy/preview': { games: [{ game: 'lanternfall', removed: ['0.8.1', '0.8.2', '0.9.0'] }, { game: 'quiet-engines', removed: ['2025.01.09'] }] },
    ...Object.fromEntries(games.map((g, i) => [`/api/v1/games/${g.slug}/policy`, i === 0 ? { follows: 'own', own: { keep_newest: 3, keep_days: 30 }, default: { keep_newest: 10, keep_days: 90 }, pruned: now - 5 * HOUR } : { follows: 'default', own: null, default: { keep_newest: 10, keep_days: 90 }, pruned: null }])),
    '/api/v1/steam/400': { app_id: 400, title: 'Portal', description: 'A new single player game. Set in the mysterious Aperture Science Laboratories, with a device that opens doors where there are none.', has_cover: true },
    '/api/v1/games/paper-boats/builds/2.0.1/files': { files: FILES.map(([path, size]) => ({ path, size, hash: hash(size), executable: path.startsWith('bin/') })), next: 'x', total: 12_466, signed_by: '7d1c0e5a92b34f6688aa01c3d4e5f60718293a4b5c6d7e8f9011223344556677' },
    '/api/v1/games/paper-boats/builds/2.0.1/changes': changes(),
    ...Object.fromEntries(games.map((g) => [`/api/v1/games/${g.slug}`, g])),
    ...Object.fromEntries(games.map((g) => [`/api/v1/games/${g.slug}/builds`, { builds: g.slug === 'paper-boats' ? builds(now) : [], next: null }]))
  };
}

const MANY = 10_000;
/** A page of a long list, as the server cuts it. */
const cut = (all, name) => (url) => {
  const from = Number(url.searchParams.get('after') ?? 0);
  const limit = Math.min(500, Number(url.searchParams.get('limit') ?? 100));
  return { [name]: all.slice(from, from + limit), as_of: 0, total: all.length, signed_by: hash(1), next: from + limit < all.length ? String(from + limit) : null };
};

/** Ten thousand of everything. */
function many(said) {
  const numbers = Array.from({ length: MANY }, (_, i) => String(i).padStart(5, '0'));
  const now = Date.now();
  const games = numbers.map((n) => ({ slug: `game-${n}`, title: `Game ${n}`, app_id: null, is_private: false, live: '1.0', description: '', cover_url: null, created: now, by_hand: [] }));
  const users = numbers.map((n) => ({ id: n, name: `friend-${n}`, scope: 'user', disabled: false, grants: [], created: now, last_sign_in: now }));
  const stats = said['/api/v1/stats'];
  return {
    ...said,
    '/api/v1/stats': { ...stats, games: games.map((game, i) => ({ game: game.slug, live: '1.0', builds: 2, copies: 1 + (i % 7), peers: i % 5, bytes: by(i, 0, 0, i, 0) })) },
    '/api/v1/games': cut(games, 'games'),
    '/api/v1/users': cut(users, 'users'),
    '/api/v1/audit': cut(numbers.map((n, i) => ({ at: now - i * 60_000, actor: 'admin', action: 'build.push', subject: `game-${n}@1.0` })), 'entries'),
    '/api/v1/jobs': cut(numbers.map((n) => ({ ...said['/api/v1/jobs'].jobs.at(-1), id: `job-${n}`, spec: { kind: 'archive', game: `game-${n}`, version: '1.0', manifest: blob(3) }, ...(n.endsWith('7') ? { state: 'failed', error: 'the store is full: 1200000000 bytes are needed and 310000000 are free; free some room, then retry the job' } : {}) })), 'jobs'),
    // The live one is older than those that are shown at once.
    '/api/v1/games/paper-boats/builds': cut([{ ...said['/api/v1/games/paper-boats/builds'].builds[4], sequence: 0, live: false, patches: [] }, ...numbers.map((n, i) => ({ ...said['/api/v1/games/paper-boats/builds'].builds[2], version: `1.${i}`, sequence: i + 1, live: i === 5000, notes: '', patches: i === 0 ? [] : [{ from: `1.${i - 1}`, from_manifest: hash(i), blob: blob(1000 + i) }] }))], 'builds'),
    '/api/v1/games/paper-boats/insurance': { builds: numbers.map((n, i) => ({ version: `1.${i}`, live: i === 5000, friends: i % 2500 === 0 ? 3 : 0, copies: 1, last_known: i % 2500 === 0 ? 5 : 0 })) },
    '/api/v1/games/paper-boats/builds/1.9999/changes': (url) => ({ ...changes(), ...cut(numbers.map((n) => ({ ...changes().changes[0], path: `data/${n}.pak` })), 'changes')(url) }),
    '/api/v1/games/paper-boats/builds/2.0.1/files': cut(numbers.map((n) => ({ path: `data/${n}.pak`, size: 1000, hash: hash(1), executable: false })), 'files')
  };
}

/** What was, over time: evenings on which friends fetch, and a night in which the server did not run. */
function history(empty) {
  return ({ searchParams: asked }) => {
    const [by, resolution] = [asked.get('by') ?? 'source', asked.get('resolution') ?? 'hour'];
    const [step, points] = { minute: [60_000, 121], hour: [HOUR, 337], day: [24 * HOUR, 731] }[resolution];
    const since = Math.floor(Date.now() / step) * step - (points - 1) * step;
    const busy = (i, phase) => {
      const hour = ((since + i * step) / HOUR + phase) % 24;
      const evening = resolution === 'day' ? 0.3 + 0.7 * Math.abs(Math.sin(i / 23 + phase)) : Math.max(0, Math.sin(((hour - 14) / 10) * Math.PI));
      return hour < 14 && resolution === 'hour' ? 0 : evening * (0.4 + 0.6 * Math.abs(Math.sin(i * 1.7 + phase)));
    };
    const line = (name, size, phase) => ({ name, values: Array.from({ length: points }, (_, i) => Math.round(empty ? 0 : size * busy(i, phase))) });
    const seen = (name, value) => ({ name, values: Array.from({ length: points }, (_, i) => (i > points * 0.4 && i < points * 0.44 ? null : value(i))) });
    const told = { by, resolution, since, step, points, kept: (points - 1) * step };
    const some = (list) => (empty ? [] : list);
    switch (by) {
      case 'game':
        return { ...told, series: some(TITLES.map(([slug], i) => line(slug, 9e9 / (i + 1) ** 1.5, i))), others: empty ? null : { count: 3, values: line('', 1e8, 1).values } };
      case 'friend':
        return { ...told, series: some(['mia', 'ben', 'sofia', 'a-friend-with-quite-a-long-name', 'theo'].map((name, i) => line(name, 6e9 / (i + 1), i))) };
      case 'online':
        return { ...told, series: some([seen('friends', (i) => Math.round(1 + 6 * busy(i, 0))), seen('seeds', () => 1)]) };
      case 'store':
        return { ...told, series: some([seen('embedded', (i) => Math.round(380e9 + 9e7 * i)), seen('attic-nas', (i) => Math.round(410e9 + 2e8 * Math.floor(i / 60) * 60))]) };
      default:
        return { ...told, series: [['lan', 8e9, 0], ['tailnet', 3e9, 1], ['internet', 1e9, 2], ['seed', 2.6e9, 0.5], ['https', 3e8, 3]].map((one) => line(...one)) };
    }
  };
}

/** A server of this scene: its address, and how to end it. */
export async function mock(scene) {
  const said = scene === 'many' ? many(answers('full')) : answers(scene);
  const csp = readFileSync(join(BUILD, 'policy.txt'), 'utf8');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const path = url.pathname;
    const json = (status, body) => response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
    if (path === '/api/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
      return;
    }
    if (path === '/api/v1/openapi.json') return response.writeHead(200, { 'content-type': 'application/json' }).end(DESCRIPTION);
    const cover = /\/cover(?:\/([0-9a-f]+))?$/.exec(path);
    if (cover && scene !== 'signed-out') {
      const hue = { 384: 232, 385: 62, 388: 141 }[parseInt(cover[1] ?? '0', 16)] ?? 250;
      return response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(picture(hue, request.url.includes('small')));
    }
    if (path.startsWith('/api/')) {
      if (scene === 'signed-out') return json(401, { title: 'Unauthorized', status: 401, code: 'sign_in', detail: 'sign in first' });
      if (scene === 'broken' && path !== '/api/v1/me') return json(500, { title: 'Internal', status: 500, code: 'internal', detail: 'the server failed: its log says more', request_id: '0198f3c2-77aa' });
      if (scene === 'waiting' && path !== '/api/v1/me') return;
      if (typeof said[path] === 'function') return json(200, said[path](url));
      return path in said ? json(200, said[path]) : json(404, { title: 'Not Found', status: 404, code: 'not_found', detail: 'there is no such thing here' });
    }
    const file = normalize(path.replace(/^\/admin/, ''));
    let body;
    let type = TYPES[extname(file)];
    try {
      body = readFileSync(join(BUILD, file));
    } catch {
      body = readFileSync(join(BUILD, 'index.html'));
      type = TYPES['.html'];
    }
    response.writeHead(200, { 'content-type': type ?? 'application/octet-stream', 'content-security-policy': csp }).end(body);
  });
  await new Promise((up) => server.listen(0, '127.0.0.1', up));
  return { url: `http://127.0.0.1:${server.address().port}/admin`, close: () => { server.closeAllConnections(); server.close(); } };
}
