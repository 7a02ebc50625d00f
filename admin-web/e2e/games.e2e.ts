// Games and their builds: what an admin says of them, shows of them, and finds out about them.
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findings, lines } from '@mist/ui/axe';
import { launch } from '@mist/ui/browser';
import { stage, type Stage } from '@mist/ui/stage';

const LONG = 40_000;

let at: Stage;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

const seen = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: LONG });
const button = (name: string | RegExp) => page.getByRole('button', { name });
const tab = (name: string) => page.getByRole('navigation', { name: /^Pages of/ }).getByRole('link', { name });
const go = (path: string) => page.goto(`${at.url}/admin${path}`);
/** The picture is there, and has pixels. */
const shown = (selector: string) =>
  page.waitForFunction((s) => (document.querySelector(s) as HTMLImageElement | null)?.naturalWidth ?? 0, selector, { timeout: LONG });

beforeAll(async () => {
  [at, browser] = await Promise.all([stage(), launch()]);
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.on('console', (said) => {
    if (said.type() === 'error' && !/Failed to load resource/.test(said.text())) complaints.push(said.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  page = await context.newPage();
  await go('/games');
  await page.getByLabel('Name').fill(at.admin);
  await page.getByLabel('Password').fill(at.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games$/);
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
});

test('a game of Steam is seen before it is added, with its cover', async () => {
  await button('Add a game').click();
  await page.getByLabel('Title, or Steam application').fill('https://store.steampowered.com/app/400/Portal/');
  await seen('Think with portals');
  await shown('.seen img');
  await expect.poll(() => page.getByLabel('Key').inputValue()).toBe('portal');
  await button('Add').last().click();
  await page.waitForURL(/\/games\/portal$/);
  await shown('header img');
});

test('what is edited by hand wins, is shown as such, and is reset one by one', async () => {
  await tab('General').click();
  await seen('From Steam.');
  await page.getByLabel('Title').fill('Our Portal');
  await page.getByLabel('Description').fill('Two doors.\nOne wall.');
  await page.keyboard.press('Tab');
  await button('Save').click();
  await page.getByRole('heading', { level: 1, name: 'Our Portal' }).waitFor({ timeout: LONG });
  await button(/^Back to what Steam says.*title/).click();
  await page.getByRole('heading', { level: 1, name: 'Portal', exact: true }).waitFor({ timeout: LONG });
  await expect.poll(() => page.getByLabel('Description').inputValue()).toBe('Two doors.\nOne wall.');
  await page.getByLabel('Steam application').fill('not a number');
  await seen('This is neither a number');
  await expect.poll(() => button('Save').isDisabled()).toBe(true);
  await page.getByLabel('Steam application').fill('');
  await button('Save').click();
  await seen('None: everything here is what you write.');
});

test('a cover is taken, refused if it is none, and removed', async () => {
  await tab('Media').click();
  await shown('.media .frame img');
  const file = page.getByLabel('Picture for the cover');
  await file.setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
  await seen('This is no PNG, JPEG or WebP picture.');
  const before = await page.locator('.media .frame img').getAttribute('src');
  const mark = Buffer.from(await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } }));
  await file.setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: mark });
  await seen('300 × 200 pixels');
  await shown('.media .frame img');
  await expect.poll(() => page.locator('.media .frame img').getAttribute('src')).not.toBe(before);
  await button('Remove').click();
  await seen('No cover yet.');
});

test('a game is for whom one chooses', async () => {
  await tab('Access').click();
  await page.getByLabel('Only whom I choose').check();
  await page.getByLabel(at.friend).check();
  await seen('1 of 1');
  await tab('History').click();
  await seen(`let ${at.friend} see it`);
  await seen('took its cover away');
});

test('a build is told about on the ladder, and pinned', async () => {
  await go('/games');
  await button('Add a game').click();
  await page.getByLabel('Title, or Steam application').fill('Paper Boats');
  await button('Add').last().click();
  await page.waitForURL(/\/games\/paper-boats$/);
  await at.tell('push 1.0');
  await at.tell('push 1.1');
  await page.locator('[data-version="1.1"] .state.live').waitFor({ timeout: LONG });
  await page.getByRole('link', { name: '1.0', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: '1.0' }).waitFor();
  await seen(/^\d+ \w+ \d+, .* by admin$/);
  await button('Say what is new').click();
  await page.getByLabel('What is new in 1.0').fill('The first boats.\nThey float.');
  await button('Save').click();
  await seen('They float.');
  await button('Pin').click();
  await button('Unpin').waitFor({ timeout: LONG });
  await page.getByRole('link', { name: 'Paper Boats' }).first().click();
  await page.locator('[data-version="1.0"]').getByText('They float.').waitFor({ timeout: LONG });
  await page.locator('[data-version="1.0"]').getByText('pinned').waitFor({ state: 'attached' });
});

test('why an update is as large as it is can be found out by clicking', async () => {
  await page.getByRole('link', { name: /^patch of .*from 1\.0 to 1\.1/ }).click();
  await page.getByRole('heading', { level: 1, name: /of .* is new\.pak\./ }).waitFor({ timeout: LONG });
  await page.getByRole('button', { name: /data\/new\.pak/ }).click();
  await seen(/^200 kB of it .*of the patch\.$/);
  await page.getByRole('link', { name: 'Paper Boats 1.1' }).click();
  await seen('data/level.pak');
  await page.getByLabel('Search the files of 1.1').fill('VERSION');
  await seen('1 file');
  await seen('version.txt');
  const [saved] = await Promise.all([page.waitForEvent('download'), button('Download version.txt').click()]);
  expect(saved.suggestedFilename()).toBe('version.txt');
  expect(readFileSync((await saved.path())!, 'utf8').trim()).toBe('1.1');
});

test('what friends could give back of a build is asked and told', async () => {
  await go('/games/paper-boats/builds/1.0');
  await seen('never checked');
  await button('Ask friends for random pieces').click();
  await seen('Nobody who is online has any build of this game.');
  await seen(/^nobody could be asked, /);
});

test('a build goes live at its time, and the time can be taken back', async () => {
  await go('/games/paper-boats');
  await page.getByRole('button', { name: 'Make live 1.0' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('At a time').check();
  await dialog.getByLabel('Time to go live').fill('2000-01-01T10:00');
  await dialog.getByText('This time is over.').waitFor();
  await dialog.getByLabel('Time to go live').fill(new Date(Date.now() + 86_400_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16));
  await dialog.getByRole('button', { name: 'Set the time' }).click();
  await seen(/goes live by itself at .*, in 2?\d h/);
  await button('Cancel').click();
  await page.locator('.next').waitFor({ state: 'detached', timeout: LONG });
});

test('pruning says what goes and why the rest stays, before anything does', async () => {
  await at.tell('push 1.2');
  await at.tell('push 1.3');
  await page.locator('[data-version="1.3"] .state.live').waitFor({ timeout: LONG });
  await button('Prune old ones').click();
  await page.getByLabel('Keep the newest').fill('1');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('2 builds go', { exact: true }).waitFor({ timeout: LONG });
  await dialog.getByText('pinned', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Remove 2 builds' }).click();
  await page.locator('[data-version="1.1"]').waitFor({ state: 'detached', timeout: LONG });
  await expect.poll(() => page.locator('[data-version="1.0"]').count()).toBe(1);
});

test('the server lets old builds go by a rule, once it was seen which', async () => {
  await at.tell('push 1.4');
  await page.locator('[data-version="1.4"] .state.live').waitFor({ timeout: LONG });
  await seen('Every build is kept, as for all games.');
  await button('Change which are kept').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Let old ones go by a rule of this game').check();
  await dialog.getByLabel('Keep the newest').fill('0');
  await dialog.getByText('At least 1.').waitFor();
  await expect.poll(() => dialog.getByRole('button', { name: /^Save/ }).isDisabled()).toBe(true);
  await dialog.getByLabel('Keep the newest').fill('1');
  await dialog.getByLabel('Keep all younger than').fill('');
  await dialog.getByText('1 build goes', { exact: true }).waitFor({ timeout: LONG });
  await dialog.getByText('pinned', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Save, and let 1 build go' }).click();
  await seen('The newest build is kept, by a rule of this game.');
  await page.locator('[data-version="1.3"]').waitFor({ state: 'detached', timeout: LONG });
  await seen('The server looked');
  // It counts for what is pushed later, too.
  await at.tell('push 1.5');
  await page.locator('[data-version="1.5"] .state.live').waitFor({ timeout: LONG });
  await page.locator('[data-version="1.4"]').waitFor({ state: 'detached', timeout: LONG });
  await tab('History').click();
  await seen('the server');
  await seen('pruned it: 1 build, keeping newest 1');
  await go('/games');
  await button('Which builds are kept').click();
  await dialog.getByLabel('Let old ones go by a rule').check();
  await dialog.getByText('Nothing goes now').waitFor({ timeout: LONG });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await seen('Saved. Nothing goes now.');
});

test('Discord is told, and its secret is not shown again', async () => {
  await page.getByRole('link', { name: 'Notices' }).click();
  await page.getByLabel('Webhook').fill('https://example.org/x');
  await button('Save').click();
  await seen(/^A webhook begins with/);
  await page.getByLabel('Webhook').fill(`${at.discord}/api/webhooks/1234567890/${'canary_'.repeat(9)}`);
  await button('Save').click();
  await seen('webhook 1234567890; its token is a secret and not shown');
  await button('Send a test').click();
  await seen('Discord took the message');
  expect(await page.content()).not.toContain('canary');
  await go('/games/paper-boats');
  await page.getByRole('button', { name: 'Make live 1.0' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  await page.locator('[data-version="1.0"] .state.live').waitFor({ timeout: LONG });
  await page.getByRole('link', { name: 'Notices' }).click();
  await page.getByText('Paper Boats 1.0 is live.').locator('..').getByText('taken').waitFor({ timeout: LONG });
});

test('every page can be read by everybody', async () => {
  const all: string[] = [];
  const paths = ['/games/portal/details', '/games/portal/media', '/games/portal/access', '/games/portal/history', '/games/paper-boats', '/games/paper-boats/builds/1.0', '/games/paper-boats/builds/1.5', '/notifications'];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const path of paths) {
      await go(path);
      await page.getByRole('heading', { level: 1 }).waitFor({ timeout: LONG });
      await page.waitForFunction(() => document.querySelector('.skeleton') === null);
      const found = (await findings(page)).filter((f) => f.impact === 'serious' || f.impact === 'critical');
      all.push(...lines(found, `${path} ${scheme}`));
    }
  }
  expect(all).toEqual([]);
});

test('a game is removed once its key was typed', async () => {
  await go('/games/portal/details');
  await button(/^Remove/).click();
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Remove' });
  await expect.poll(() => remove.isDisabled()).toBe(true);
  await page.getByLabel('Type portal to go on').fill('portal');
  await remove.click();
  await page.waitForURL(/\/games$/);
  await seen('Portal was removed.');
});

test('the browser had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
