// A made-up engine: what a friend would see of a real one, by a clock of its own. Tests move it; in a browser it moves by itself.
import { START, Refused, type Backend, type Manner, type Program } from '../backend/backend';
import type { Control, Delta, Failure, Forecast, Found, GameStatus, InviteView, LibraryFolder, LibraryItem, MoveForecast, OperationView, Order, Outcome, Play, Reply, Request, Rev, ScanView, Settings } from '../backend';
import { read } from '../settings/schedule';
import { by, HOME, installed, record } from './library';
import { scene, type Scene } from './scenes';
import { later, type Course } from './transfer';

const TRANSFERS = 2;
const TICK = 250;
const no = (code: string, params: Record<string, string> = {}, cls: Failure['class'] = 'failed') => new Refused({ code, class: cls, params });
const transfers = (o: OperationView) => !['verify', 'uninstall', 'locate', 'move', 'roll_back'].includes(o.order.kind);
const isOver = (o: OperationView) => o.ended !== null;

export class Made implements Backend {
  #run: number;
  #at = 0;
  #topics = new Map<string, { at: number; delta: Delta }>();
  #waiting: (() => void)[] = [];
  #now: number;
  #last = 100;
  #operations: OperationView[] = [];
  #courses = new Map<number, { course: Course; spent: number }>();
  #scene: Scene;
  #settings: Settings = { auto_update: false, up: null, down: null, up_schedule: '08:00,512k 23:00,off', down_schedule: 'none', up_playing: null, down_playing: null, wait_metered: true, wait_battery: false, limit_lan: false, lan_discovery: true, secrets: 'keyring', patch_cache: 4_000_000_000, patch_from: 1 << 30, keep_previous: 2_000_000_000, library_folders: [] };
  #looking: ScanView | undefined;
  #runners = new Map<string, string>();
  #link: string | undefined;
  readonly pickFolder = (): Promise<string | undefined> => Promise.resolve('/media/mia/games');

  #manner: Manner = { starts: false, stays: true, tells: true };
  readonly program: Program = {
    habits: () => Promise.resolve([this.#manner, true]),
    setHabits: (manner) => {
      this.#manner = manner;
      return Promise.resolve();
    },
    quit: () => Promise.resolve(),
    release: () => Promise.resolve(this.#scene.release),
    update: () => {
      this.#scene.release = { ...this.#scene.release, version: this.#scene.release.offered?.version ?? this.#scene.release.version, offered: null };
      return Promise.resolve();
    }
  };

  constructor(name: string, now: number) {
    this.#run = 7;
    this.#now = now;
    this.#scene = scene(name, now);
    this.#operations = this.#scene.operations.map((o) => (o.state === 'running' && this.#thrifty ? { ...o, state: 'queued' as const, phase: null, disk: null } : o));
    for (const o of this.#operations) if (!isOver(o)) this.#courses.set(o.id, { course: this.#course(o.order), spent: o.phase === 'downloading' ? 30 : 0 });
    this.#set('owner', { topic: 'owner', pid: 4711, program: 'the desktop app', version: '0.2.0' });
    this.#set('settings', { topic: 'settings', ...this.#settings });
    this.#tellLimits();
    this.#tellThrift();
    this.#tellConnection();
    for (const status of this.#scene.games.values()) this.#tellGame(status.game);
    const shared = [...this.#scene.games.values()].filter((g) => g.state === 'installed');
    if (this.#scene.server) this.#set('serving', { topic: 'serving', games: shared.map((g) => [g.game, g.version ?? '']), announced: this.#scene.online });
    for (const play of this.#scene.plays.values()) this.#set(`play ${play.game}`, { topic: 'play', ...play });
    for (const o of this.#operations) this.#tell(o);
    this.#start();
  }

  /** One that goes on by itself. */
  static running(name: string): Made {
    const made = new Made(name, Date.now());
    setInterval(() => made.advance(TICK), TICK);
    return made;
  }

  /** Lets so much time go by. */
  advance(millis: number): void {
    for (let left = millis; left > 0; left -= TICK) this.#step(Math.min(TICK, left));
  }

  link(): Promise<string | undefined> {
    const link = this.#link;
    this.#link = undefined;
    return Promise.resolve(link);
  }

  async next(since: Rev): Promise<[Rev, Delta[]]> {
    const from = since.run === this.#run ? since.at : START.at;
    if (this.#at <= from) await new Promise<void>((heard) => this.#waiting.push(heard));
    const news = [...this.#topics.values()].filter((t) => t.at > from).sort((a, b) => a.at - b.at);
    return [{ run: this.#run, at: this.#at }, news.map((t) => t.delta)];
  }

  call(request: Request): Promise<Reply> {
    try {
      return Promise.resolve(this.#answer(request));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #answer(request: Request): Reply {
    const scene = this.#scene;
    switch (request.request) {
      case 'submit':
        return { reply: 'submitted', value: this.#submit(request.order) };
      case 'forecast':
        return { reply: 'forecast', value: this.#forecast(request.order) };
      case 'forecast_move':
        return { reply: 'move_forecast', value: this.#forecastMove(request.game, request.dir) };
      case 'control':
        this.#control(request.id, request.control);
        return { reply: 'done' };
      case 'operations':
        return { reply: 'operations', value: [...this.#operations.filter((o) => !isOver(o)), ...this.#operations.filter(isOver).reverse()] };
      case 'login': {
        if (/away|offline/.test(request.url)) throw no('server_unreachable', { message: `${request.url} can't be reached: no such host` });
        if (!/^https?:\/\/\S+$/.test(request.url)) throw no('bad_address', { message: `${request.url} is not an address: it begins with https://` });
        if (request.password !== 'paper-boats-sail') throw no('wrong_password', {}, 'auth');
        if (request.user === 'root' && request.code == null) throw no('second_factor', {}, 'auth');
        if (request.user === 'root' && request.code !== '123456') throw no('wrong_code', {}, 'auth');
        return this.#signIn(request.url, request.user, true);
      }
      case 'look_at_invite':
        return { reply: 'invite', value: this.#invite(request.link) };
      case 'join': {
        const invite = this.#invite(request.link);
        if (request.user === 'ben') throw no('user_exists', { message: 'There is an account called ben already.' });
        return this.#signIn(invite.server, request.user ?? invite.name ?? 'mia', false);
      }
      case 'change_password':
        if (request.current !== 'paper-boats-sail') throw no('wrong_password', {}, 'auth');
        return { reply: 'done' };
      case 'logout':
        scene.server = null;
        this.#tellConnection();
        return { reply: 'done' };
      case 'refresh':
        return { reply: 'refreshed', value: { online: scene.online, age_millis: 4000 } };
      case 'library':
        if (scene.server === null) throw no('not_signed_in', {}, 'auth');
        return { reply: 'library', value: scene.library.map((l) => ({ ...l, here: scene.games.get(l.game.slug) ?? null })) };
      case 'play':
        this.#play(request.game);
        return { reply: 'done' };
      case 'stop_game':
        this.#stop(request.game);
        return { reply: 'done' };
      case 'launch_choices':
        return { reply: 'launch_choices', value: [{ name: 'Play', program: 'bin/play.x86_64', args: [], runner: null }, ...(request.game === 'moss-and-iron' ? [{ name: 'Editor', program: 'tools/editor.exe', args: [], runner: 'Proton 10.0' }] : [{ name: 'Level editor', program: 'bin/editor.x86_64', args: ['--safe'], runner: null }])] };
      case 'runner':
        return { reply: 'runner', value: { game: request.game, found: [{ kind: 'proton', name: 'Proton 10.0', path: '/home/mia/.local/share/Steam/steamapps/common/Proton 10.0/proton' }, { kind: 'wine', name: 'wine', path: '/usr/bin/wine' }], chosen: this.#runners.get(request.game) ?? null, prefix: `/home/mia/.local/share/mist/prefixes/${request.game}` } };
      case 'choose_runner':
        if (request.runner === null) this.#runners.delete(request.game);
        else this.#runners.set(request.game, request.runner);
        return { reply: 'done' };
      case 'open_folder':
        return { reply: 'done' };
      case 'disks':
        return { reply: 'disks', value: scene.disks };
      case 'library_folders':
        return { reply: 'library_folders', value: this.#folders() };
      case 'neighbourhood':
        return { reply: 'neighbourhood', value: scene.server ? scene.neighbourhood(this.#now) : null };
      case 'kept':
      case 'restore':
        return { reply: 'kept', value: scene.kept.get(request.game) ?? [] };
      case 'scan':
        this.#scan(request.dir);
        return { reply: 'done' };
      case 'stop_scan':
        if (this.#looking) this.#tellScan({ ...this.#looking, running: false, stopped: true });
        return { reply: 'done' };
      case 'doctor':
        return { reply: 'checks', value: [{ name: 'server', verdict: 'ok', detail: 'it answers, and its keys are the known ones' }, { name: 'release key', verdict: 'ok', detail: 'pinned: c04e 5a77 9d31 08fb' }, { name: 'network', verdict: 'warning', detail: 'no friend on this network was found; a firewall may block UDP 5353' }] };
      case 'settings':
        return { reply: 'settings', value: this.#settings };
      case 'diagnostics':
        return { reply: 'diagnostics', value: JSON.stringify({ system: ['linux', 'x86_64'], settings: this.#settings, operations: this.#operations }, null, 2) };
      case 'set_settings':
        this.#settings = request.settings;
        this.#set('settings', { topic: 'settings', ...this.#settings });
        this.#tellLimits();
        this.#tellThrift();
        this.#start();
        return { reply: 'done' };
      case 'cover':
        return { reply: 'cover', value: null };
      case 'status':
        return { reply: 'status', value: [{ server: scene.server, games: [...scene.games.values()] }, { pid: 4711, program: 'the desktop app', version: '0.2.0' }] };
      case 'next':
        throw no('bad_message', { detail: 'news are asked for otherwise' });
    }
  }

  #signIn(server: string, user: string, first: boolean): Reply {
    const keys = { peer: '12D3KooWQ7mE', tracker_key: '7f3a 91c0 22de 4b18', release_key: 'c04e 5a77 9d31 08fb' };
    this.#scene.server = { url: server, user, ...keys, catalogue_age: 0 };
    this.#tellConnection();
    this.#changed();
    return { reply: 'signed_in', value: { server, user, ...keys, first_time: first, moved_from: null, games: this.#scene.library.length } };
  }

  /** The made-up server sent three links: to whoever wants to join, to `lena`, and to `mia` who forgot her password. */
  #invite(link: string): InviteView {
    const [, server, code, keys] = /^(https:\/\/[^/]+)\/join\/([a-z]+)(#.+)?$/.exec(link) ?? [];
    if (server === undefined) throw no('bad_link');
    if (keys === undefined) throw no('link_not_whole');
    const about = { server, tracker_key: '7f3a 91c0 22de 4b18', made_by: 'ada', expires: this.#now + 86_400_000 };
    if (code === 'open') return { ...about, name: null, reset: false, games: ['Night Ferry'] };
    if (code === 'lena') return { ...about, name: 'lena', reset: false, games: [] };
    if (code === 'forgot') return { ...about, name: 'mia', reset: true, games: [] };
    throw no('unknown_invite', { message: 'The link is not known here, or was used, or is over.' }, 'not_found');
  }

  #item(slug: string): LibraryItem {
    const item = this.#scene.library.find((l) => l.game.slug === slug);
    if (item === undefined) throw no('unknown_game', { game: slug }, 'not_found');
    return item;
  }

  #target(order: Order): string {
    const item = this.#item(order.game);
    if ('version' in order && order.version !== null) {
      const named = item.builds.find((b) => b.version === order.version);
      if (named?.live_at != null) throw no('not_live_yet', { game: order.game, version: named.version });
      return order.version;
    }
    const live = item.builds.find((b) => b.live);
    if (live === undefined) throw no('nothing_live', { game: order.game }, 'not_found');
    return live.version;
  }

  #forecast(order: Order): Forecast {
    if (!['install', 'update', 'switch', 'roll_back'].includes(order.kind)) throw no('no_forecast', { game: order.game });
    const item = this.#item(order.game);
    const to = this.#target(order);
    const build = item.builds.find((b) => b.version === to);
    const from = this.#scene.games.get(order.game)?.version ?? null;
    const whole = build?.content_size ?? 0;
    const free = this.#scene.disks[0]?.free ?? 0;
    if (order.kind === 'roll_back') return { game: order.game, from, to, routes: [{ route: 'local', download: 0, disk: 0, patches: 0 }], chosen: 'local', disk_peak: 0, free, free_after: free, on_home: null, exact: true };
    const patch = build?.patches.find((p) => p.from === from)?.blob.size;
    const download = patch ?? Math.round(whole * 0.93);
    const route = patch === undefined ? 'pieces' : 'patches';
    const disk = patch === undefined ? whole : patch * 3;
    const fits = disk < free;
    return {
      game: order.game,
      from,
      to,
      routes: fits ? [{ route, download, disk, patches: patch === undefined ? 0 : 1 }, ...(patch === undefined ? [] : [{ route: 'pieces' as const, download: Math.round(whole * 0.31), disk: whole, patches: 0 }])] : [],
      chosen: fits ? route : null,
      disk_peak: disk,
      free,
      free_after: Math.max(0, free - (from === null ? whole : (patch ?? 0))),
      on_home: null,
      exact: true
    };
  }

  /** The made-up machine has two disks: one under `/media`, and that of the home. */
  #disk(dir: string) {
    return this.#scene.disks.find((d) => d.folder.startsWith('/media') === dir.startsWith('/media'));
  }

  #folders(): LibraryFolder[] {
    const chosen = this.#settings.library_folders;
    return (chosen.length > 0 ? chosen : [HOME]).map((folder, place) => {
      const disk = this.#disk(folder);
      const games = [...this.#scene.games.values()].filter((g) => g.dir.startsWith(`${folder}/`)).map((g) => g.game);
      return { folder, usual: place === 0, there: disk !== undefined, free: disk?.free ?? null, total: disk?.total ?? null, games };
    });
  }

  /** The made-up disk has a game that is not here, whole, and half of another one; it is looked through in three seconds. */
  #scan(dir: string): void {
    if (!dir.startsWith('/')) throw no('no_folder', { dir });
    this.#tellScan({ dir, running: true, stopped: false, folders: 0, files: 0, found: [] });
  }

  #tellScan(scan: ScanView): void {
    this.#looking = scan.running ? scan : undefined;
    this.#set('scan', { topic: 'scan', ...scan });
  }

  #look(millis: number): void {
    const scan = this.#looking;
    if (!scan) return;
    const files = Math.min(100_000, scan.files + millis * 33);
    const seen = { ...scan, files, folders: Math.round(files / 40) };
    if (files < 100_000) return this.#tellScan(seen);
    const found = ['orbit-garden', 'hollow-tide'].flatMap((game, i): Found[] => {
      const build = this.#scene.library.find((l) => l.game.slug === game)?.builds.find((b) => b.live);
      if (!build || this.#scene.games.has(game)) return [];
      const part = i === 0 ? 1 : 0.6;
      return [{ game, version: build.version, dir: `${scan.dir}/${game}`, files: build.files, fits: Math.round(build.files * part), bytes: build.content_size, bytes_there: Math.round(build.content_size * part), read: 8, right: 8 }];
    });
    this.#tellScan({ ...seen, running: false, found });
  }

  #forecastMove(game: string, to: string): MoveForecast {
    const from = this.#scene.games.get(game)?.dir;
    if (from === undefined) throw no('not_installed', { game }, 'not_found');
    if (!to.startsWith('/')) throw no('bad_target', { cause: 'relative', game, dir: to });
    if (`${to}/`.startsWith(`${from}/`)) throw no('bad_target', { cause: 'inside', game, dir: to });
    if (to === '/media/mia/photos') throw no('bad_target', { cause: 'taken', game, dir: to });
    const renamed = this.#disk(from) === this.#disk(to);
    return { game, from, to, renamed, bytes: renamed ? 0 : (this.#scene.games.get(game)?.size ?? 0), free: this.#disk(to)?.free ?? null };
  }

  #course(order: Order): Course {
    const build = this.#scene.library.find((l) => l.game.slug === order.game)?.builds.find((b) => b.live);
    const whole = build?.content_size ?? 1e9;
    switch (order.kind) {
      case 'install':
        return { download: Math.round(whole * 0.93), disk: whole, phases: ['checking', 'downloading', 'committing', 'verifying'] };
      case 'update':
      case 'switch': {
        const from = this.#scene.games.get(order.game)?.version;
        const size = build?.patches.find((p) => p.from === from)?.blob.size ?? whole * 0.2;
        return { download: size, disk: whole * 0.3, phases: ['checking', 'downloading', 'patching', 'committing', 'verifying'] };
      }
      case 'ahead': {
        const patch = this.#scene.library.find((l) => l.game.slug === order.game)?.builds.find((b) => b.live_at != null)?.patches[0];
        return { download: patch?.blob.size ?? 1e8, disk: 0, phases: ['checking', 'downloading'] };
      }
      case 'roll_back':
        return { download: 0, disk: 2e8, phases: ['checking', 'committing', 'verifying'] };
      case 'repair':
        return { download: 46e6, disk: whole, phases: ['checking', 'downloading', 'verifying'] };
      case 'verify':
      case 'locate':
        return { download: 0, disk: whole, phases: ['verifying'] };
      case 'move':
        return { download: 0, disk: whole, phases: ['copying', 'verifying'] };
      case 'uninstall':
        return { download: 0, disk: 2e8, phases: ['committing'] };
    }
  }

  #submit(order: Order): number {
    const same = this.#operations.find((o) => !isOver(o) && JSON.stringify(o.order) === JSON.stringify(order));
    if (same) {
      if (same.state === 'paused') this.#control(same.id, { control: 'resume' });
      return same.id;
    }
    this.#last += 1;
    const o: OperationView = { id: this.#last, order, state: 'queued', ordered: this.#now, ended: null, phase: null, plan: null, network: null, disk: null, remarks: [], outcome: null, failure: null };
    this.#courses.set(o.id, { course: this.#course(order), spent: 0 });
    this.#put(o);
    if (order.kind === 'install' && !this.#scene.games.has(order.game)) {
      const item = this.#item(order.game);
      const dir = order.dir ?? `${this.#settings.library_folders[0] ?? HOME}/${order.game}`;
      this.#scene.games.set(order.game, { game: order.game, dir, state: 'installing', version: null, live: item.game.live ?? null, update_available: false, went_back: false, next: null, size: null, previous: null, pending: null, last_operation: null });
      this.#tellGame(order.game);
    }
    this.#start();
    return o.id;
  }

  #control(id: number, control: Control): void {
    const o = this.#operations.find((o) => o.id === id && !isOver(o));
    if (o === undefined) throw no('no_such_operation', { id: String(id) }, 'not_found');
    const still = o.network ? { ...o.network, rate: 0, eta: null, sources: 0 } : null;
    switch (control.control) {
      case 'pause':
        this.#put({ ...o, state: 'paused', network: still });
        break;
      case 'resume':
        this.#put({ ...o, state: 'queued' });
        break;
      case 'cancel':
        this.#put({ ...o, state: 'cancelled', ended: this.#now, network: still });
        if (this.#scene.games.get(o.order.game)?.state === 'installing') this.#gone(o.order.game);
        break;
      case 'before': {
        const rest = this.#operations.filter((x) => x.id !== id);
        const at = rest.findIndex((x) => x.id === control.other);
        rest.splice(at, 0, o);
        this.#operations = rest;
        this.#tell(o);
      }
    }
    this.#start();
  }

  #put(o: OperationView): void {
    const at = this.#operations.findIndex((x) => x.id === o.id);
    if (at < 0) this.#operations.push(o);
    else this.#operations[at] = o;
    this.#tell(o);
  }

  #start(): void {
    const busy = new Set(this.#operations.filter((o) => o.state === 'running').map((o) => o.order.game));
    let count = this.#operations.filter((o) => o.state === 'running' && transfers(o)).length;
    for (const o of [...this.#operations]) {
      const ahead = o.order.kind === 'ahead';
      if (o.state !== 'queued' || busy.has(o.order.game) || (!ahead && this.#scene.plays.get(o.order.game)?.running_since != null)) continue;
      if (transfers(o) && (count >= (ahead ? 1 : TRANSFERS) || this.#thrifty)) continue;
      count += transfers(o) ? 1 : 0;
      busy.add(o.order.game);
      this.#put({ ...o, state: 'running' });
    }
  }

  #step(millis: number): void {
    this.#now += millis;
    this.#look(millis);
    for (const o of [...this.#operations]) {
      const at = this.#courses.get(o.id);
      if (o.state !== 'running' || at === undefined) continue;
      at.spent += millis / 1000;
      if (!this.#scene.online && o.phase === 'downloading') {
        if (o.network?.sources) this.#put({ ...o, network: { ...o.network, rate: 0, eta: null, sources: 0 } });
        continue;
      }
      const next = later(o, at.course, millis, at.spent);
      if (next) this.#put(next);
      else this.#finish(o);
    }
  }

  #finish(o: OperationView): void {
    const { game } = o.order;
    const here = this.#scene.games.get(game);
    let outcome: Outcome;
    if (o.order.kind === 'uninstall') {
      outcome = { outcome: 'uninstalled', dir: here?.dir ?? '', result: { removed: 1204, left: true, kept: false } };
      this.#gone(game);
    } else if (o.order.kind === 'verify') {
      const damaged = this.#scene.damaged.get(game) ?? [];
      outcome = { outcome: 'verified', version: here?.version ?? '', damaged, repair_bytes: damaged.length * 23e6 };
      if (here) this.#status({ ...here, state: damaged.length > 0 ? 'damaged' : 'installed' });
    } else if (o.order.kind === 'move') {
      const { dir } = o.order;
      outcome = { outcome: 'moved', from: here?.dir ?? '', dir, copied: this.#disk(here?.dir ?? '') === this.#disk(dir) ? null : (here?.size ?? 0), left: false };
      if (here) this.#status({ ...here, dir });
    } else if (o.order.kind === 'ahead') {
      const next = here?.next;
      const bytes = o.network?.done ?? 0;
      outcome = { outcome: 'ahead', version: next?.version ?? '', live_at: next?.live_at ?? 0, bytes };
      if (here && next) this.#status({ ...here, next: { ...next, fetching: true, ready: true, bytes } });
    } else if (o.order.kind === 'locate') {
      outcome = { outcome: 'located', dir: o.order.dir, found: { version: here?.version ?? '', damaged: [], repair_bytes: 0 } };
      const there = here ?? installed(this.#item(game), this.#target({ kind: 'update', game }));
      this.#status({ ...there, dir: o.order.dir, state: 'installed' });
    } else {
      const version = o.order.kind === 'repair' ? (here?.version ?? '') : this.#target(o.order);
      const before = here?.version ?? null;
      const bytes = o.network?.bytes ?? by(0);
      const kind = o.order.kind === 'roll_back' ? 'switch' : o.order.kind;
      const operation = record(kind, before, version, this.#courses.get(o.id)?.course.download ?? 0, bytes, this.#courses.get(o.id)?.spent ?? 1, this.#now);
      outcome = { outcome: 'present', version, before, operation };
      if (kind === 'repair') this.#scene.damaged.delete(game);
      const item = this.#item(game);
      const live = item.builds.find((b) => b.live)?.version ?? null;
      const size = item.builds.find((b) => b.version === version)?.archive.size ?? null;
      if (here) this.#status({ ...here, state: 'installed', version, live, size, update_available: live !== version, previous: before === null || before === version ? here.previous : { version: before, bytes: 12e6 }, last_operation: operation });
    }
    const network = o.network ? { ...o.network, rate: 0, eta: null, sources: 0 } : null;
    this.#put({ ...o, state: 'done', phase: null, disk: null, network, ended: this.#now, outcome });
    this.#start();
  }

  #play(game: string): void {
    const known = this.#scene.plays.get(game);
    if (known?.running_since != null) throw no('playing', { game });
    if (this.#operations.some((o) => o.order.game === game && o.order.kind !== 'ahead' && o.state === 'running')) throw no('being_changed', { game });
    const play: Play = { game, running_since: this.#now, last: this.#now, seconds: known?.seconds ?? 0 };
    this.#scene.plays.set(game, play);
    this.#set(`play ${game}`, { topic: 'play', ...play });
    this.#tellLimits();
  }

  #stop(game: string): void {
    const known = this.#scene.plays.get(game);
    if (known?.running_since == null) return;
    const play: Play = { ...known, running_since: null, seconds: known.seconds + Math.floor((this.#now - known.running_since) / 1000) };
    this.#scene.plays.set(game, play);
    this.#set(`play ${game}`, { topic: 'play', ...play });
    this.#tellLimits();
    this.#start();
  }

  #status(status: GameStatus): void {
    this.#scene.games.set(status.game, status);
    this.#tellGame(status.game);
  }

  #gone(game: string): void {
    this.#scene.games.delete(game);
    this.#tellGame(game);
  }

  #tellGame(game: string): void {
    this.#set(`game ${game}`, { topic: 'game', game, status: this.#scene.games.get(game) ?? null });
  }

  /** The made-up engine takes the first time of a schedule for the one that counts, until 23:00. */
  #tellLimits(): void {
    const until = new Date(this.#now).setHours(23, 0, 0, 0);
    const runs = [...this.#scene.plays.values()].some((play) => play.running_since !== null);
    const one = (which: 'up' | 'down') => {
      const [always, schedule, playing] = [this.#settings[which], this.#settings[`${which}_schedule`], this.#settings[`${which}_playing`]];
      const usual = schedule === 'none' ? { limit: always, until: null, playing: false } : { limit: read(schedule)[0]?.limit ?? null, until, playing: false };
      return runs && playing !== null && playing < (usual.limit ?? Infinity) ? { limit: playing, until: null, playing: true } : usual;
    };
    this.#set('limits', { topic: 'limits', up: one('up'), down: one('down') });
  }

  get #thrifty(): boolean {
    return this.#scene.metered && this.#settings.wait_metered;
  }

  #tellThrift(): void {
    this.#set('thrift', { topic: 'thrift', why: this.#thrifty ? 'metered' : null });
  }

  #tellConnection(): void {
    this.#set('connection', { topic: 'connection', server: this.#scene.server, online: this.#scene.online && this.#scene.server !== null });
  }

  #changed(): void {
    this.#set('catalogue', { topic: 'catalogue', changes: this.#at });
  }

  #tell(o: OperationView): void {
    this.#set(`operation ${o.id}`, { topic: 'operation', ...o });
  }

  #set(topic: string, delta: Delta): void {
    this.#at += 1;
    this.#topics.set(topic, { at: this.#at, delta });
    const heard = this.#waiting;
    this.#waiting = [];
    for (const hear of heard) hear();
  }
}
