// A friend's evening in the app itself: its window, its tray and its processes. Needs a display and a session bus of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, stage } from '@mist/ui/stage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP, AppDesk, Notifications, TrayMenu, appHand, gone, heardFrom, namesBelow, soon } from './app';
import { EVENING, SLOW_SEED, prepare, type Evening } from './evening';

/** What the button in the window manager's frame does. */
const closeWindow = () => execFileSync('wmctrl', ['-c', 'Mist']);

/** What starts with the system. */
function autostart(): string[] {
  const places = [desk.env.XDG_CONFIG_HOME!, join(desk.env.HOME!, '.config')].map((place) => join(place, 'autostart'));
  return places.filter((place) => existsSync(place)).flatMap((place) => readdirSync(place).map((file) => join(place, file)));
}

let evening: Evening;
let desk: AppDesk;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mist-desktop-'));
  desk = new AppDesk(join(folder, 'home'));
  for (const place of ['person', 'config', 'data', 'cache']) mkdirSync(join(folder, place));
  const at = await stage(SLOW_SEED);
  await prepare(at);
  await desk.start();
  evening = {
    at,
    home: desk.home,
    hand: appHand(desk),
    open: async (link) => expect(await desk.again(link), 'a second start ends by itself').toBe(0),
    crash: () => desk.crash()
  };
}, 180_000);

afterAll(async () => {
  await desk?.leave();
  await evening?.at.end();
  if (folder) rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('the pages reach the program, and nothing else', async () => {
  const tried = await desk.session.run<string[]>(`
    const tried = [];
    try { eval('1'); tried.push('eval'); } catch {}
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.head.append(script);
    if (window.ran) tried.push('an inline script');
    if (window.__TAURI__ !== undefined) tried.push('the whole of Tauri');
    return tried;
  `);
  expect(tried).toEqual([]);
  const reached = (what: string) => desk.session.run<string>(`return (async () => { try { await (${what}); return 'reached'; } catch (e) { return String(e); } })()`);
  expect(await reached(`fetch('${evening.at.url}/api/v1/server')`), 'no server').not.toBe('reached');
  expect(await reached(`window.__TAURI_INTERNALS__.invoke('plugin:dialog|open', { options: {} })`), 'no command of a plugin').toContain('not allowed');
  expect(await reached(`window.__TAURI_INTERNALS__.invoke('call', { request: { request: 'nothing' } })`), 'no request that there is not').toContain('unknown variant');
  expect(await reached(`window.__TAURI_INTERNALS__.invoke('call', { request: { request: 'operations' } })`)).toBe('reached');
});

for (const [at, [step, does]] of EVENING.entries())
  test(step, async () => {
    await does(evening).catch((error: unknown) => {
      desk.picture('failed');
      throw error;
    });
    desk.picture(`${at}-${step.split(' ').slice(0, 4).join('-').replace(/[^\w-]/g, '')}`);
  });

test('a link shows a page in the window that is there', async () => {
  await evening.hand.show('#/settings');
  const pid = desk.pid();
  await evening.open(`mist://game/${evening.at.game}`);
  await evening.hand.offered(/^(Play offline|Play without updating)$/);
  expect(desk.pid(), 'there is one engine').toBe(pid);
});

test('quitting ends the program, its pages and its door', async () => {
  const pid = desk.pid();
  expect(pid).toBeDefined();
  await evening.hand.show('#/settings');
  await evening.hand.press('Quit').catch(() => undefined);
  await gone(pid!);
  expect(desk.pid()).toBeUndefined();
  await desk.leave();
});

test('a link starts the program where it does not run, and shows its page', async () => {
  await desk.start(`mist://join?link=${encodeURIComponent('https://mist.example.org/join/abc#T.R')}`);
  await evening.hand.seen('Nothing was sent yet.');
  await evening.hand.seen('It is for the server mist.example.org.');
  desk.picture('a-link-starts-it');
});

test('it starts with the system if one wants that, and ends with its window if one wants that', async () => {
  await evening.hand.show('#/settings');
  await evening.hand.tick('Start Mist with the system');
  const entry = await soon('what starts it', () => autostart().find((file) => readFileSync(file, 'utf8').includes('mist-desktop')));
  expect(readFileSync(entry, 'utf8')).toContain(`Exec=${APP} --hidden`);
  await desk.session.run('document.getElementById("starts").click()');
  await soon('that nothing starts it', () => autostart().length === 0);
  await desk.session.run('document.getElementById("stays").click()');
  await soon('that it is kept', () => readFileSync(join(desk.home, 'desktop.json'), 'utf8').includes('"stays": false'));
  const pid = desk.pid();
  expect(pid).toBeDefined();
  closeWindow();
  await gone(pid!);
  await desk.leave();
  rmSync(join(desk.home, 'desktop.json'));
});

test('it starts hidden, without a web view; its icon and a second start show its window, and it goes on when that is closed', async () => {
  const child = spawn(APP, ['--hidden'], { env: desk.env, stdio: 'inherit' });
  try {
    await soon('its engine', () => desk.pid() === child.pid);
    const views = () => namesBelow(child.pid!).filter((name) => name.startsWith('WebKitWeb')).length;
    const windows = () => execFileSync('wmctrl', ['-l'], { encoding: 'utf8' }).split('\n').filter((line) => line.endsWith(' Mist')).length;
    expect(views()).toBe(0);
    expect(await desk.again('--hidden'), 'the system may start it twice').toBe(0);
    expect([views(), windows()]).toEqual([0, 0]);
    const tray = await TrayMenu.of(child.pid!);
    for (const show of [() => desk.again(), () => tray.choose('Open Mist')]) {
      await show();
      await soon('its window', () => windows() === 1 && views() > 0);
      closeWindow();
      await soon('the end of its window', () => windows() === 0 && views() === 0);
      expect(desk.pid(), 'its engine goes on').toBe(child.pid);
    }
    tray.choose('Quit, and stop sharing');
    await gone(child.pid!);
  } finally {
    child.kill('SIGTERM');
  }
  expect(desk.pid(), 'it ended in order').toBeUndefined();
});

test('who looks elsewhere is told once that all is done and how it went, and who looks at the window is not', async () => {
  const child = spawn(APP, ['--hidden'], { env: { ...desk.env, MIST_LOG: 'mist_desktop=debug' }, stdio: ['ignore', 'inherit', 'pipe'] });
  const said = heardFrom(child.stderr);
  const notifications = await Notifications.listen();
  try {
    await soon('its engine', () => desk.pid() === child.pid);
    const verify = () => execFileSync(join(PROGRAMS, 'mist'), ['--quiet', 'verify', evening.at.game], { env: desk.env });
    verify();
    await soon('the notification', () => notifications.shown().length === 1);
    expect(notifications.shown()).toEqual(['Paper Boats is exactly as it was published']);
    await desk.again();
    await soon('its window', () => spawnSync('wmctrl', ['-a', 'Mist']).status === 0);
    verify();
    await soon('that somebody looks at it', () => said().includes('all is done, and somebody looks at it'));
    expect(notifications.shown().length, 'they see it in the window').toBe(1);
  } finally {
    notifications.end();
    child.kill('SIGTERM');
  }
  await gone(child.pid!);
});

test('whom the system asks to end ends in order', async () => {
  const child = spawn(APP, ['--hidden'], { env: desk.env, stdio: 'inherit' });
  await soon('its engine', () => desk.pid() === child.pid);
  child.kill('SIGTERM');
  await gone(child.pid!);
  expect(desk.pid()).toBeUndefined();
});

test('a newer Mist takes the place of the one that runs, which starts anew by it', async () => {
  await evening.at.tell('restart');
  const platform = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`;
  const unpacked = (name: string, version: string, more: string) => {
    const root = join(folder, name);
    for (const place of ['bin', 'share/mist']) mkdirSync(join(root, place), { recursive: true });
    for (const [program, from] of [['mist-desktop', APP], ['mist', join(PROGRAMS, 'mist')]] as const) {
      execFileSync('objcopy', ['--strip-all', from, join(root, 'bin', program)]);
      appendFileSync(join(root, 'bin', program), more);
    }
    writeFileSync(join(root, 'share/mist/release'), `${version} ${platform}\n`);
    return root;
  };
  const here = unpacked('apps', '0.1.0', 'old');
  const name = `mist-desktop-9.0.0-${platform}`;
  const next = unpacked(name, '9.0.0', 'new');
  execFileSync('sh', ['-c', `tar --format=ustar -C '${folder}' -cf - ${name} | zstd -q -1 -o '${folder}/${name}.tar.zst'`]);
  await evening.at.tell(`client ${folder}/${name}.tar.zst`);

  desk.app = join(here, 'bin/mist-desktop');
  await desk.start();
  const pid = desk.pid();
  expect(pid).toBeDefined();
  try {
    await evening.hand.show('#/settings');
    await evening.hand.seen('Mist 9.0.0 is there');
    desk.picture('a-newer-one-is-there');
    await evening.hand.press('Update and restart').catch(() => undefined);
    const same = (program: string) => readFileSync(join(here, 'bin', program)).equals(readFileSync(join(next, 'bin', program)));
    await soon('the new programs', () => same('mist-desktop') && same('mist') && !existsSync(join(here, '.mist-update')));
    // It is the same process, by the new file, and has opened the engine again.
    await soon('the new program', () => existsSync(`/proc/${pid}/exe`) && readlinkSync(`/proc/${pid}/exe`) === desk.app);
    await soon('its engine', () => desk.pid() === pid);
    await soon('its window', () => execFileSync('wmctrl', ['-l'], { encoding: 'utf8' }).split('\n').some((line) => line.endsWith(' Mist')));
    expect(execFileSync(join(here, 'bin/mist'), ['self-update', '--check'], { env: desk.env, encoding: 'utf8' })).toContain('Mist 9.0.0 is the newest');
    process.kill(pid!, 'SIGTERM');
    await gone(pid!);
    await desk.leave();
    await desk.start();
    await evening.hand.show('#/settings');
    await evening.hand.seen('Your group’s server offers no newer one.');
    await evening.hand.seen('Mist 9.0.0');
    desk.picture('the-newer-one');
  } finally {
    if (pid !== undefined && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGTERM');
    await desk.leave();
    desk.app = APP;
  }
});
