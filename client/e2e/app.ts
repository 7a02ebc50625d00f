// The app in its own window: a hand on it, and the program as the system starts it.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { LONG, type Hand } from './hand';
import { DriverError, Session, type Part } from './webdriver';

/** The app, as cargo builds it in its own folder. */
export const APP = process.env.MIST_DESKTOP_APP ?? fileURLToPath(new URL('../src-tauri/target/debug/mist-desktop', import.meta.url));

const pause = (millis: number) => new Promise((over) => setTimeout(over, millis));

/** Asks until there is an answer. */
export async function soon<T>(what: string, ask: () => Promise<T | undefined | null | false> | T | undefined | null | false): Promise<T> {
  const until = Date.now() + LONG;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > until) throw new Error(`${what} did not come`);
    await pause(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const address = server.address();
  await new Promise((down) => server.close(down));
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}

/** A desk of somebody's own: nothing of it is shared with whoever runs the test. */
export class AppDesk {
  #session: Session | undefined;
  #driver: ChildProcess | undefined;
  /** The file of the program. */
  app = APP;

  constructor(readonly home: string) {}

  /** What the system gives to every program of this person. */
  get env(): NodeJS.ProcessEnv {
    const own = (name: string) => join(this.home, '..', name);
    return { ...process.env, MIST_HOME: this.home, HOME: own('person'), XDG_CONFIG_HOME: own('config'), XDG_DATA_HOME: own('data'), XDG_CACHE_HOME: own('cache'), MIST_SECRETS: 'file' };
  }

  get session(): Session {
    if (this.#session === undefined) throw new Error('the app does not run');
    return this.#session;
  }

  /** Starts the app, and takes hold of its window. */
  async start(...args: string[]): Promise<void> {
    const port = await freePort();
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env: { ...this.env, TAURI_AUTOMATION: 'true', TAURI_WEBVIEW_AUTOMATION: 'true' }, stdio: ['ignore', 'inherit', 'inherit'] });
    const lost = new Promise<never>((_, fail) => driver.once('error', fail));
    const url = `http://127.0.0.1:${port}`;
    await Promise.race([lost, soon('the driver', () => fetch(`${url}/status`).then((r) => r.ok, () => false))]);
    this.#driver = driver;
    this.#session = await Session.start(url, { 'webkitgtk:browserOptions': { binary: this.app, args } });
    await soon('the page', () => this.session.run<boolean>('return document.querySelector("h1") !== null'));
  }

  /** Starts the program once more, as a link or a menu does. It ends by itself, and says so by its code. */
  again(...args: string[]): Promise<number | null> {
    const child = spawn(this.app, args, { env: this.env, stdio: 'inherit' });
    return new Promise((ended, fail) => {
      child.once('error', fail);
      child.once('exit', ended);
    });
  }

  /** The process that runs the home's engine. */
  pid(): number | undefined {
    const file = join(this.home, 'engine.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid : undefined;
  }

  async crash(): Promise<void> {
    const pid = this.pid();
    if (pid === undefined) throw new Error('nothing runs that could be killed');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    await this.leave();
    await this.start();
  }

  /** Lets go of the window, which ends a program that still runs. */
  async leave(): Promise<void> {
    await this.#session?.end().catch(() => undefined);
    this.#session = undefined;
    this.#driver?.kill();
    this.#driver = undefined;
  }

  /** Keeps a picture of the screen, where pictures are wanted. The driver's own never comes for a page that does not change. */
  picture(name: string): void {
    const folder = process.env.MIST_SHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    execFileSync('scrot', ['--overwrite', join(folder, `${name}.png`)]);
  }
}

export const gone = (pid: number) => soon(`the end of process ${pid}`, () => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/status`, 'utf8').includes('State:\tZ'));

/** What the app's icon in the tray offers, on the session bus: the number of each entry, by its name. */
export class TrayMenu {
  private constructor(readonly bus: string) {}

  /** The one of a process. Each of its connections is asked, because the one with the icon has no name. */
  static of(pid: number): Promise<TrayMenu> {
    return soon('the icon in the tray', () => {
      const names = bus('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.ListNames').match(/:[0-9.]+/g) ?? [];
      const ours = names.filter((name) => new RegExp(`\\b${pid}\\b`).test(bus('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.GetConnectionUnixProcessID', name)));
      const found = ours.find((name) => bus(name, MENU, 'com.canonical.dbusmenu.GetLayout', '0', '--', '-1', '[]') !== '');
      return found && new TrayMenu(found);
    });
  }

  /** Chooses an entry, as a click on it does. */
  choose(name: string): void {
    const layout = bus(this.bus, MENU, 'com.canonical.dbusmenu.GetLayout', '0', '--', '-1', '[]');
    const entry = [...layout.matchAll(/\((\d+), \{([^}]*)\}/g)].find(([, , about]) => about?.replaceAll('_', '').includes(`'label': <'${name}'>`));
    if (entry?.[1] === undefined) throw new Error(`the tray offers no ${name}: ${layout}`);
    bus(this.bus, MENU, 'com.canonical.dbusmenu.Event', entry[1], 'clicked', '<0>', '0');
  }
}
const MENU = '/org/ayatana/NotificationItem/tray_icon_tray_app_mist/Menu';

/** What programs ask the desktop to show, on the session bus. Nobody has to be there who shows it. */
export class Notifications {
  private constructor(
    readonly monitor: ChildProcess,
    readonly heard: () => string
  ) {}

  /** Listens from now on. */
  static async listen(): Promise<Notifications> {
    const monitor = spawn('dbus-monitor', ['--session', "type='method_call',interface='org.freedesktop.Notifications',member='Notify'"], { stdio: ['ignore', 'pipe', 'inherit'] });
    const heard = heardFrom(monitor.stdout);
    // Its first words are about itself, once it listens.
    await soon('who listens', () => heard().includes('NameAcquired') || heard().includes('NameLost'));
    return new Notifications(monitor, heard);
  }

  /** Their titles: the third of what each call begins with. */
  shown(): string[] {
    return [...this.heard().matchAll(/member=Notify\n\s+string "[^"]*"\n\s+uint32 \d+\n\s+string "[^"]*"\n\s+string "([^"]*)"/g)].map(([, title]) => title ?? '');
  }

  end(): void {
    this.monitor.kill();
  }
}

/** All that a program says from now on. */
export function heardFrom(stream: Readable): () => string {
  let heard = '';
  stream.setEncoding('utf8').on('data', (more: string) => (heard += more));
  return () => heard;
}

/** Asks somebody on the session bus. Nothing if there is no answer. */
function bus(whom: string, where: string, what: string, ...args: string[]): string {
  const asked = spawnSync('gdbus', ['call', '--session', '--timeout', '5', '--dest', whom, '--object-path', where, '--method', what, ...args], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout : '';
}

/** What is asked of a process or a thread; nothing if it ended meanwhile. */
function unlessGone<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The processes below one, and below those. */
export function processes(pid: number): number[] {
  const tasks = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = tasks.flatMap((task) => (unlessGone(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')) ?? '').trim().split(' ').filter(Boolean).map(Number));
  return children.flatMap((child) => [child, ...processes(child)]);
}

/** Their names, of at most 15 signs. */
export const namesBelow = (pid: number): string[] => processes(pid).flatMap((one) => unlessGone(() => readFileSync(`/proc/${one}/comm`, 'utf8').trim()) ?? []);

// What is on the page: by what it is and by its name, as a person would tell it apart. Runs in the page.
const FIND = `
  const [kind, name, flags, inDialog] = arguments;
  const KINDS = { button: 'button, a[role=button], [role=button]', link: 'a[href]', item: '[role=menuitem]', field: 'input, select, textarea', text: 'body *' };
  const plain = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
  const fits = (text) => (flags === null ? (kind === 'text' ? text.includes(name) : text === name) : new RegExp(name, flags).test(text));
  // A part that only screen readers get stands by itself, which its text alone does not show.
  const words = (e) => {
    const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    const said = [];
    while (texts.nextNode()) said.push(texts.currentNode.data);
    return said.join(' ');
  };
  const called = (e) => plain(kind === 'text' ? e.textContent : (e.getAttribute('aria-label') ?? words(kind === 'field' && e.labels?.[0] ? e.labels[0] : e)));
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  const root = inDialog ? [...document.querySelectorAll('[role=dialog]')].at(-1) : document;
  const found = root && [...root.querySelectorAll(KINDS[kind])].find((e) => fits(called(e)) && shown(e) && !(kind === 'button' && e.disabled));
  found?.scrollIntoView({ block: 'nearest' });
  return found ?? null;
`;

export function appHand(desk: AppDesk): Hand {
  const part = (kind: string, name: string | RegExp, inDialog = false): Promise<Part> => {
    const [text, flags] = typeof name === 'string' ? [name, null] : [name.source, name.flags];
    return soon(`${kind} ${String(name)}`, () => desk.session.run<Part | null>(FIND, kind, text, flags, inDialog));
  };
  /** What moves away or is covered for a moment is tried again; of some such moments the driver says nothing but that it does not know. */
  const click = (kind: string, name: string | RegExp, inDialog = false): Promise<unknown> =>
    soon(`${kind} ${String(name)} to press`, async () => {
      try {
        await desk.session.click(await part(kind, name, inDialog));
        return true;
      } catch (error) {
        if (error instanceof DriverError && ['stale element reference', 'element click intercepted', 'element not interactable', 'unknown error'].includes(error.code)) return false;
        throw error;
      }
    });
  return {
    // The pages begin anew there, as they do when the window is made. Without an event, which would have them begin anew by themselves.
    show: async (path) => {
      await desk.session.run('history.replaceState(null, "", arguments[0])', path);
      await desk.session.reload();
      await soon(`the page ${path}`, () => desk.session.run<boolean>('return document.querySelector("h1") !== null'));
    },
    fill: async (label, text) => {
      const field = await part('field', label);
      await desk.session.write(field, text);
      await desk.session.run('arguments[0].blur()', field);
    },
    tick: async (label) => {
      const box = await part('field', label);
      if (!(await desk.session.run<boolean>('return arguments[0].checked', box))) await desk.session.click(box);
    },
    select: async (label, option) => {
      const list = await part('field', label);
      await desk.session.run('const [list, option] = arguments; list.value = [...list.options].find((o) => o.text === option).value; list.dispatchEvent(new Event("change", { bubbles: true }))', list, option);
    },
    press: (name) => click('button', name).then(() => undefined),
    answer: (name) => click('button', name, true).then(() => undefined),
    choose: (name) => click('item', name).then(() => undefined),
    follow: (name) => click('link', name).then(() => undefined),
    seen: (text) => part('text', text).then(() => undefined),
    offered: (name) => part('button', name).then(() => undefined)
  };
}
