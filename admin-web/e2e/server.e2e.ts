// What an admin does about their own second factor, and what is to be read about the server.
import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findings, lines } from '@mist/ui/axe';
import { launch } from '@mist/ui/browser';
import { stage, type Stage } from '@mist/ui/stage';

const LONG = 40_000;

let at: Stage;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

/** The code of a secret (RFC 6238), `ahead` steps from now: the server takes those of the present step and of its neighbours, each once. */
function code(secret: string, ahead: number): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac('sha1', key).update(step).digest();
  const from = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const seen = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: LONG });
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

async function signIn(user = at.admin) {
  await page.getByLabel('Name').fill(user);
  await page.getByLabel('Password').fill(at.password);
  await page.keyboard.press('Enter');
}

async function signOut() {
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(/sign-in/);
}

let secret = '';
let used = '';
let recovery: string[] = [];

beforeAll(async () => {
  [at, browser] = await Promise.all([stage(), launch()]);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.on('console', (said) => {
    if (said.type() === 'error' && !/Failed to load resource/.test(said.text())) complaints.push(said.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  page = await context.newPage();
  page.setDefaultTimeout(LONG);
  await page.goto(`${at.url}/admin/account`);
  await signIn();
  await page.waitForURL(/\/account$/);
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
});

test('a second factor is set up by its key, and its recovery codes are shown once', async () => {
  await seen('who learns your password can’t sign in without your phone');
  await press('Turn it on');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('img', { name: 'QR code for your authenticator' }).waitFor();
  await dialog.getByText('Type it instead').click();
  secret = ((await dialog.locator('details code').textContent()) ?? '').replaceAll(' ', '');
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  await dialog.getByRole('textbox', { name: 'Code' }).fill('000000');
  await page.keyboard.press('Enter');
  await seen('compare the clocks of both');
  used = code(secret, 0);
  await dialog.getByRole('textbox', { name: 'Code' }).fill(used);
  await page.keyboard.press('Enter');
  await seen('Keep these codes');
  recovery = ((await dialog.locator('pre').textContent()) ?? '').split('\n');
  expect(recovery).toHaveLength(10);
  await press('I have kept them');
  await seen('10 recovery codes are left.');
});

test('signing in asks for the code, which counts once', async () => {
  await signOut();
  await signIn();
  const field = page.getByLabel('Code of your authenticator');
  await field.waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'one-time-code');
  await field.fill(used);
  await page.keyboard.press('Enter');
  await seen('was used already');
  await field.fill(code(secret, 1));
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
});

test('a recovery code takes its place, and the factor is turned off', async () => {
  await signOut();
  await signIn();
  await page.getByLabel('Code of your authenticator').fill(recovery[0]?.toUpperCase() ?? '');
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await page.goto(`${at.url}/admin/account`);
  await seen('9 recovery codes are left.');
  await press('Turn it off');
  await seen('You sign in by your password alone now.');
  await signOut();
  await signIn();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
});

test('the log says all of that, and is looked through by an address that can be kept', async () => {
  await page.getByRole('link', { name: 'Server' }).click();
  await page.getByRole('link', { name: 'Audit' }).click();
  await seen('turned their second factor on');
  await seen('signed in by a recovery code');
  await page.getByLabel('Did what').selectOption({ label: 'Wrong codes' });
  await page.waitForURL(/what=user\.wrong_code/);
  await page.getByText('turned their second factor on').waitFor({ state: 'detached' });
  await seen('gave the right password, and a wrong code');
  await page.reload();
  await seen('gave the right password, and a wrong code');
  await page.getByLabel('Who').fill('mia');
  await page.keyboard.press('Enter');
  await seen('Nothing of that kind is in the log.');
  await page.getByRole('button', { name: 'Show everything' }).first().click();
  await seen('signed in by a recovery code');
  expect(page.url()).toMatch(/\/audit$/);
});

test('each setting says what set it and where to change it, and no secret is shown', async () => {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('data_dir', { exact: true }).click();
  await seen(/The (flag --data-dir|variable MIST_DATA_DIR) of the server’s/);
  await page.getByPlaceholder('Search').fill('redis url');
  await page.getByText('data_dir', { exact: true }).waitFor({ state: 'detached' });
  await page.getByPlaceholder('Search').fill('no such thing');
  await seen('No setting has that in its name, help or value.');
  await press('Show all of them');
  await page.getByText('data_dir', { exact: true }).waitFor();
});

test('a setting that takes effect at once is changed, refused and set back, and the log says so', async () => {
  await page.getByLabel('Show').selectOption({ label: 'what can be changed here' });
  await page.getByText('data_dir', { exact: true }).waitFor({ state: 'detached' });
  await page.getByText('history_days', { exact: true }).click();
  const value = page.getByRole('textbox', { name: 'Value' });
  await value.fill('4000');
  await press('Save');
  await seen('The value of history_days is not valid: it is from 1 to 3650.');
  await value.fill('90');
  await page.keyboard.press('Enter');
  await seen('history_days is 90 now.');
  await seen('from the portal');
  await page.reload();
  await page.getByText('history_days', { exact: true }).click();
  await expect.poll(() => value.inputValue()).toBe('90');
  await seen('admin set it');
  await press('Back to the default');
  await seen('history_days is the default again.');
  await expect.poll(() => value.inputValue()).toBe('730');
  await page.getByText('steam_url', { exact: true }).click();
  await seen('The variable MIST_STEAM_URL of the server’s environment sets it.');
  await page.getByRole('link', { name: 'Audit' }).click();
  await seen('set history_days back to its default');
  await seen('changed a setting: history_days = 90');
  await page.getByRole('link', { name: 'Settings' }).click();
});

test('the seal names the key that signs', async () => {
  await page.getByRole('link', { name: 'Seal' }).click();
  await seen('Nobody signs builds yet');
  await page.goto(`${at.url}/admin/games?add=1`);
  await page.getByLabel('Title, or Steam application').fill('Paper Boats');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games\/paper-boats$/);
  await at.tell('push 1.0');
  await page.locator('[data-version="1.0"] .state.live').waitFor();
  await page.goto(`${at.url}/admin/seal`);
  await seen('signs now');
  await expect.poll(() => page.getByRole('main').textContent()).toMatch(/registered by admin/);
  // A recovery key that is made meanwhile is there without a hand on the page.
  await seen('no recovery key');
  await at.tell('recovery');
  await seen(/can take over, made by admin/);
});

test('what a friend received stands in the history: by source, game and friend, and as a table', async () => {
  await at.tell('share ben');
  await page.getByRole('link', { name: 'Swarm' }).click();
  await page.getByRole('link', { name: 'History' }).click();
  const part = (name: string) => page.getByRole('region', { name });
  await part('By game').getByRole('link', { name: 'Paper Boats' }).waitFor();
  await part('By friend').getByRole('link', { name: 'ben' }).waitFor();
  await page.locator('.graph canvas').first().waitFor();
  const received = part('What friends received');
  await received.getByText('The figures as a table').click();
  const table = received.getByRole('table');
  await table.waitFor();
  await expect.poll(() => table.getByRole('row').count()).toBeGreaterThan(1);
  await expect.poll(() => table.getByRole('row').nth(1).textContent()).toMatch(/MB/);
  await page.getByRole('link', { name: '2 hours' }).click();
  await page.waitForURL(/range=hours$/);
  await part('By friend').getByRole('link', { name: 'ben' }).waitFor();
});

test('these pages can be read by everybody', async () => {
  const all: string[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const path of ['/swarm/history', '/swarm/history?range=years', '/settings', '/seal', '/audit', '/account']) {
      await page.goto(`${at.url}/admin${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForFunction(() => document.querySelector('.skeleton') === null);
      const found = (await findings(page)).filter((f) => f.impact === 'serious' || f.impact === 'critical');
      all.push(...lines(found, `${path} ${scheme}`));
    }
  }
  expect(all).toEqual([]);
});

test('the browser had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
