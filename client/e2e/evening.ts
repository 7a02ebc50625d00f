// A friend's evening, step by step, with a real server, its seed and another friend: the same wherever the pages are shown.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '@mist/ui/stage';
import { expect } from 'vitest';
import { LONG, type Hand } from './hand';

export interface Evening {
  at: Stage;
  /** The friend's home. */
  home: string;
  hand: Hand;
  /** Opens a `mist://` link, as the system does when somebody follows one. */
  open(link: string): Promise<void>;
  /** Kills the engine in the middle of what it does, and starts it anew. */
  crash(): Promise<void>;
}

const folder = ({ home, at }: Evening) => join(home, 'games', at.game);
const settings = ({ home }: Evening) => JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) as object;
const version = (evening: Evening) => readFileSync(join(folder(evening), 'version.txt'), 'utf8');

/** What an admin does on the portal. Answers with what the server says. */
export async function asAdmin(at: Stage, path: string, body: object): Promise<Record<string, string>> {
  const post = async (path: string, body: object, token?: string) => {
    const answer = await fetch(`${at.url}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  const { access_token: token } = await post('auth/login', { user: at.admin, password: at.password });
  return post(path, body, token);
}

/** What the seed may send each second, so that there is time for a friend beside to be found and asked. */
export const SLOW_SEED = { MIST_UPLOAD_LIMIT: '3MB' };
/** How large a build is, in megabytes: enough that it comes in many pieces. */
const LARGE = 24;

/** A game with one build, and a friend who has it. */
export async function prepare(at: Stage): Promise<void> {
  await asAdmin(at, 'games', { slug: at.game, title: 'Paper Boats' });
  await at.tell(`push 1.0 ${LARGE}`);
  await at.tell('share ben');
}

export const EVENING: [step: string, does: (evening: Evening) => Promise<void>][] = [
  ['signing in shows the keys once, and then the library', async ({ at, hand }) => {
    await hand.show('#/');
    await hand.fill('Server', at.url);
    await hand.fill('Name', at.friend);
    await hand.fill('Password', 'not this');
    await hand.press('Sign in');
    await hand.seen('The user name or the password is wrong.');
    await hand.fill('Password', at.password);
    await hand.press('Sign in');
    await hand.seen('Builds are signed by');
    await hand.press(/To the library/);
    await hand.follow(/^Paper Boats|^paper-boats/i);
  }],
  ['a game is installed from the seed and a friend beside, and one sees who gave what', async (evening) => {
    const { hand } = evening;
    await hand.press('Install');
    await hand.seen('Free afterwards');
    await hand.answer('Install');
    await hand.seen(/ is installed: /);
    await hand.offered('Play');
    expect(version(evening)).toBe('1.0');
    await hand.seen('Promised');
    await hand.follow(/^Friends/);
    await hand.seen(/^([1-9]\d?|100) % of it came from friends/);
    await hand.show(`#/game/${evening.at.game}`);
  }],
  ['it is started, watched, and asked to end', async (evening) => {
    const { at, hand } = evening;
    await hand.show('#/settings');
    await hand.fill('What comes in while a game runs', '0.05');
    await expect.poll(() => settings(evening), { timeout: LONG }).toMatchObject({ down_playing: 50_000 });
    await hand.show(`#/game/${at.game}`);
    await hand.press('Play');
    await hand.answer('Start');
    await hand.offered('Stop');
    await hand.show('#/settings');
    await hand.seen('now: 50.0 kB/s while a game runs');
    await hand.fill('What comes in while a game runs', '');
    await expect.poll(() => settings(evening), { timeout: LONG }).toMatchObject({ down_playing: null });
    await hand.show(`#/game/${at.game}`);
    await hand.press('Stop');
    await hand.offered('Play');
    expect(readFileSync(join(folder(evening), 'saves.txt'), 'utf8')).toBe('started\n');
  }],
  ['a new build is seen as it comes out, and waits while the game runs', async (evening) => {
    const { at, hand } = evening;
    await hand.press('Play');
    await hand.offered('Stop');
    await at.tell(`push 1.1 ${LARGE}`);
    await hand.seen('1.1');
    await hand.press('Stop');
    await hand.press('Update');
    await hand.answer('Update');
    await hand.seen(/ is at 1\.1: /);
    expect(version(evening)).toBe('1.1');
    expect(existsSync(join(folder(evening), 'saves.txt')), 'what is the friend’s own stays').toBe(true);
  }],
  ['damage is found, and repaired after it was said what that takes', async (evening) => {
    const { hand } = evening;
    appendFileSync(join(folder(evening), 'data/new.pak'), 'rot');
    writeFileSync(join(folder(evening), 'version.txt'), 'bad');
    await hand.press(/^More for/);
    await hand.choose('Verify files');
    await hand.seen(/2 files are not right/);
    await hand.press('Repair');
    await hand.seen('at most to download');
    await hand.answer('Repair');
    await hand.seen(/ is repaired: /);
    expect(version(evening)).toBe('1.1');
  }],
  ['an update is undone, and done again, by what is kept of both builds', async (evening) => {
    const { at, hand } = evening;
    await hand.press('Go back to 1.0 (no network needed)');
    await hand.seen('out of what was here already');
    await hand.answer('Go back');
    await hand.seen(/ is at 1\.0: /);
    expect(version(evening)).toBe('1.0');
    await hand.press('Go back to 1.1 (no network needed)');
    await hand.answer('Go back');
    await expect.poll(() => version(evening), { timeout: LONG }).toBe('1.1');
    await hand.offered('Go back to 1.0 (no network needed)');
    // What follows takes the network.
    await hand.show('#/settings');
    await hand.select('Keep the build before', 'Nothing');
    await expect.poll(() => existsSync(join(folder(evening), '.mist/previous')), { timeout: LONG }).toBe(false);
    await hand.show(`#/game/${at.game}`);
  }],
  ['going back is paused and resumed, and goes on where it was after the engine was killed in the middle', async (evening) => {
    const { at, hand } = evening;
    await hand.show('#/settings');
    await hand.fill('Limit on what comes in', '0.005');
    await hand.tick('The limits count on this network too');
    await expect.poll(() => settings(evening), { timeout: LONG }).toMatchObject({ down: 5000, limit_lan: true });
    await hand.show(`#/game/${at.game}`);
    await hand.press('Switch 1.0');
    await hand.answer('Switch');
    await hand.offered(/: pause$|^Resume/);
    await evening.crash();
    // The queue is as it was, and an order goes on; so does what steers it.
    await hand.show('#/downloads');
    await hand.press(/^Pause /);
    await hand.press(/^Resume /);
    await hand.show('#/settings');
    await hand.fill('Limit on what comes in', '');
    await expect.poll(() => settings(evening), { timeout: LONG }).toMatchObject({ down: null, limit_lan: true });
    await hand.show(`#/game/${at.game}`);
    await expect.poll(() => version(evening), { timeout: LONG }).toBe('1.0');
  }],
  ['a link that was sent makes an account, and only when it is told to', async ({ at, hand, open }) => {
    const { path = '' } = await asAdmin(at, 'invites', { name: 'lena' });
    await open(`mist://join?link=${encodeURIComponent(`${at.url}/${path}`)}`);
    await hand.seen('Nothing was sent yet.');
    await hand.press('Go on');
    await hand.seen('lena, you are invited');
    await hand.fill('Password', 'a sail of paper');
    await hand.fill('Password, once more', 'a sail of cloth');
    await hand.press('Make my account');
    await hand.seen('The two passwords differ.');
    await hand.fill('Password, once more', 'a sail of paper');
    await hand.press('Make my account');
    await hand.follow(/^Paper Boats|^paper-boats/i);
    await hand.show('#/settings');
    await hand.seen('lena');
  }],
  ['without the server what is installed is played', async ({ at, hand }) => {
    await at.tell('kill');
    await hand.show(`#/game/${at.game}`);
    await hand.press(/^More for/);
    await hand.choose('Verify files');
    await hand.seen(/exactly as it was published/);
    await hand.show('#/settings');
    await hand.press('Look for problems');
    await hand.seen('The server is away');
    await hand.show(`#/game/${at.game}`);
    await hand.press(/^(Play offline|Play without updating)$/);
    await hand.press('Stop');
  }]
];
