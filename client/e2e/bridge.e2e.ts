// A friend's evening on a real engine, with a real server, its seed and another friend.
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch } from '@mist/ui/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAMS, stage, type Stage } from '@mist/ui/stage';
import { BUILD } from './serve.mjs';

const LONG = 50_000;

let at: Stage;
let browser: Browser;
let page: Page;
let home: string;
let bridge: Bridge;
const complaints: string[] = [];

interface Bridge {
  url: string;
  token: string;
  child: ChildProcess;
}

async function start(port = 0): Promise<Bridge> {
  const child = spawn(join(PROGRAMS, 'mist-bridge'), ['--home', home, '--pages', BUILD, '--port', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { ...(JSON.parse(value as string) as { url: string; token: string }), child };
}

const ended = (child: ChildProcess) => new Promise<void>((gone) => (child.exitCode === null && child.signalCode === null ? child.once('exit', () => gone()) : gone()));
const show = (path: string) => page.goto('about:blank').then(() => page.goto(`${bridge.url}?bridge=${bridge.token}${path}`));
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const seen = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: LONG });
const settings = () => JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) as object;
const game = () => join(home, 'games', at.game);

/** What an admin does on the portal. */
async function addGame(title: string): Promise<void> {
  const post = async (path: string, body: object, token?: string) => {
    const answer = await fetch(`${at.url}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  const { access_token: token } = await post('auth/login', { user: at.admin, password: at.password });
  await post('games', { slug: at.game, title }, token);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'mist-bridge-'));
  [at, browser] = await Promise.all([stage(), launch()]);
  await addGame('Paper Boats');
  await at.tell('push 1.0');
  await at.tell('share ben');
  bridge = await start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(LONG);
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
}, 180_000);

afterAll(async () => {
  await browser?.close();
  bridge?.child.stdin?.end();
  if (bridge) await ended(bridge.child);
  await at?.end();
  if (home) rmSync(home, { recursive: true, force: true });
}, 60_000);

test('nobody is answered without the token of this run', async () => {
  const answer = await fetch(`${bridge.url}call`, { method: 'POST', body: '{"request":"status"}' });
  expect(answer.status).toBe(401);
});

test('signing in shows the keys once, and then the library', async () => {
  await show('#/');
  await page.getByLabel('Server').fill(at.url);
  await page.getByLabel('Name').fill(at.friend);
  await page.getByLabel('Password').fill('not this');
  await button('Sign in').click();
  await seen('The user name or the password is wrong.');
  await page.getByLabel('Password').fill(at.password);
  await button('Sign in').click();
  await seen('Builds are signed by');
  await button(/To the library/).click();
  await page.getByRole('link', { name: /^Paper Boats|^paper-boats/i }).click();
});

test('a game is installed from the seed and a friend', async () => {
  await button('Install').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Free afterwards').waitFor();
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await seen(/ is installed: /);
  await button('Play').waitFor();
  expect(readFileSync(join(game(), 'version.txt'), 'utf8')).toBe('1.0');
  await seen('Promised');
});

test('it is started, watched, and asked to end', async () => {
  await button('Play').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await button('Stop').click();
  await button('Play').waitFor();
  expect(readFileSync(join(game(), 'saves.txt'), 'utf8')).toBe('started\n');
});

test('a new build is seen as it comes out, and waits while the game runs', async () => {
  await button('Play').click();
  await button('Stop').waitFor();
  await at.tell('push 1.1');
  await seen('1.1');
  await page.getByRole('button', { name: 'Stop' }).click();
  await button('Update').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Update', exact: true }).click();
  await seen(/ is at 1\.1: /);
  expect(readFileSync(join(game(), 'version.txt'), 'utf8')).toBe('1.1');
  expect(existsSync(join(game(), 'saves.txt')), 'what is the friend’s own stays').toBe(true);
});

test('damage is found, and repaired after it was said what that takes', async () => {
  appendFileSync(join(game(), 'data/new.pak'), 'rot');
  writeFileSync(join(game(), 'version.txt'), 'bad');
  await button(/^More for/).click();
  await page.getByRole('menuitem', { name: 'Verify files' }).click();
  await seen(/2 files are not right/);
  await button('Repair').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('at most to download').waitFor();
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click();
  await seen(/ is repaired: /);
  expect(readFileSync(join(game(), 'version.txt'), 'utf8')).toBe('1.1');
});

test('an engine that is killed in the middle goes on where it was, and the window notices', async () => {
  await show('#/settings');
  const down = page.getByLabel('Limit on what comes in');
  await down.fill('0.005');
  await down.blur();
  await page.getByLabel('The limits count on this network too').check();
  await expect.poll(settings, { timeout: LONG }).toMatchObject({ down: 5000, limit_lan: true });
  await show(`#/game/${at.game}`);
  await page.getByRole('button', { name: 'Switch 1.0' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch', exact: true }).click();
  await button(/: pause$|^Resume/).first().waitFor();
  const port = Number(new URL(bridge.url).port);
  bridge.child.kill('SIGKILL');
  await ended(bridge.child);
  await seen('Mist’s engine does not answer just now');
  const token = bridge.token;
  bridge = await start(port);
  expect(bridge.token).not.toBe(token);
  await show('#/downloads');
  // The queue is as it was, and an order goes on; so does what steers it.
  await button(/^Pause /).first().click();
  await button(/^Resume /).first().click();
  await show('#/settings');
  await page.getByLabel('Limit on what comes in').fill('');
  await page.getByLabel('Limit on what comes in').blur();
  await expect.poll(settings, { timeout: LONG }).toMatchObject({ down: null, limit_lan: true });
  await show(`#/game/${at.game}`);
  await expect.poll(() => readFileSync(join(game(), 'version.txt'), 'utf8'), { timeout: LONG }).toBe('1.0');
});

test('without the server what is installed is played', async () => {
  await at.tell('kill');
  await show(`#/game/${at.game}`);
  await button(/^More for/).click();
  await page.getByRole('menuitem', { name: 'Verify files' }).click();
  await seen(/exactly as it was published/);
  await show('#/settings');
  await button('Look for problems').click();
  await seen('The server is away');
  await show(`#/game/${at.game}`);
  await page.getByRole('button', { name: /^(Play offline|Play without updating)$/ }).click();
  await button('Stop').click();
});

test('the page had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
