// The whole story, by keyboard alone: from a server's first start to what its log says of the evening.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '@mist/ui/browser';
import { stage, type Stage } from '@mist/ui/stage';
import { Keyboard } from './keyboard';

const LONG = 40_000;
const OWN = 'a-horse-of-my-own';

let at: Stage;
let browser: Browser;

beforeAll(async () => {
  [at, browser] = await Promise.all([stage({}, 'first-start'), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
});

test('someone who knows only the browser, and has no mouse, runs a server for an evening', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const complaints: string[] = [];
  context.on('console', (said) => {
    if (said.type() === 'error' && !/Failed to load resource/.test(said.text())) complaints.push(said.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  const me = await Keyboard.at(context);
  const { page } = me;
  page.setDefaultTimeout(LONG);
  const seen = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const gone = (text: string | RegExp) => page.getByText(text).first().waitFor({ state: 'detached' });
  const liveIs = (version: string) => page.locator(`[data-version="${version}"] .state.live`).waitFor();
  const dialog = page.getByRole('dialog');
  const closed = () => dialog.waitFor({ state: 'detached' });

  // The server was started for the first time, and has printed a password, which is changed.
  await page.goto(`${at.url}/admin`);
  await me.type('Name', at.admin);
  await me.type('Password', at.password);
  await page.keyboard.press('Enter');
  await seen('Nothing is here yet.');
  await me.press('Account admin');
  await me.press('Your account', 'ArrowDown');
  await page.waitForURL(/\/account$/);
  await me.type('Present password', at.password);
  await me.type('New password', OWN);
  await me.type('The new one again', OWN);
  await page.keyboard.press('Enter');
  await seen('Your password is changed.');
  await me.held();
  await at.tell(`admin ${OWN}`);

  // A game is added by its number on Steam.
  await me.press('Games');
  await me.press('Add a game');
  await dialog.waitFor();
  await page.waitForFunction(() => document.activeElement?.matches('[role=dialog] input'));
  await page.keyboard.type('400');
  await dialog.getByText('Think with portals').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games\/portal$/);
  await seen('No build was pushed yet.');
  await me.held();

  // Its first build is pushed from the PC that has it: it is seen to arrive, and the jobs to run.
  const first = at.tell('push portal@1.0 24');
  await page.locator('[data-version="1.0"]').waitFor();
  await me.press('Jobs');
  await page.getByRole('link', { name: /^Finalize 1\.0/ }).waitFor();
  await me.press(/^Finalize 1\.0/);
  await seen('holds every file against the signed manifest');
  await page.getByRole('main').getByText('done', { exact: true }).waitFor();
  await first;

  // A friend is invited, joins by the link, and installs it.
  await me.press('People');
  await me.press('Invite a friend');
  await me.press('Make the link');
  await dialog.getByText('It is shown this once.').waitFor();
  const link = (await dialog.locator('pre').textContent()) ?? '';
  expect(link).toContain(`${at.url}/join/`);
  await me.press('Copy the link');
  await me.press('Done');
  await closed();
  await me.held();
  expect((await me.focused()).name, 'where the dialog was opened').toBe('Invite a friend');
  await at.tell(`join mia ${link} portal`);
  await at.tell('laptop mia');

  // The next build waits, until one has seen what it costs. It goes live, and that is undone.
  await at.tell('push portal@1.1 24 --no-live');
  await me.press('Games');
  await me.press(/^(P )?Portal/);
  await liveIs('1.0');
  await me.press('Make live 1.1');
  await dialog.getByText('Who has 1.0 fetches').waitFor();
  const cost = (await dialog.textContent()) ?? '';
  expect(cost).toMatch(/Who has 1\.0 fetches\s*1 friend, online\s*2\d\d kB\s*by one patch/);
  expect(cost).toMatch(/Of that leaves the server\s*2\d\d kB\s*one copy, for one friend/);
  await me.press('Make live');
  await closed();
  await liveIs('1.1');
  await me.held();
  await me.press('Undo');
  await liveIs('1.0');
  await me.held();

  // Why that update is as large as it is.
  await me.press(/^patch of .*from 1\.0 to 1\.1/);
  await page.getByRole('heading', { level: 1, name: /^(Most|Nearly all) of 2\d\d kB is new\.pak\.$/ }).waitFor();
  await me.press(/data\/new\.pak/);
  await seen(/^200 kB of it .*of the patch\.$/);

  // Mia has lost her laptop.
  await me.press('People');
  await me.press(/\bmia\b/);
  await me.press('Sign out old-laptop');
  await seen('old-laptop is signed out.');
  await page.getByRole('button', { name: 'Sign out old-laptop' }).waitFor({ state: 'detached' });
  await me.held();
  await me.press('Remove old-laptop');
  await page.getByRole('button', { name: 'Remove old-laptop' }).waitFor({ state: 'detached' });
  await me.held();

  // All of that is in the log, which is looked through.
  await me.press('Server');
  await me.press('Audit');
  await seen('changed their own password');
  const log = (await page.getByRole('main').textContent()) ?? '';
  for (const what of [
    /admin added the game portal/,
    /admin pushed portal@1\.0/,
    /admin made a link/,
    /mia joined/,
    /admin pushed portal@1\.1/,
    /admin made portal@1\.1 live/,
    /admin made portal@1\.0 live/,
    /admin signed mia on old-laptop out/,
    /admin removed the device old-laptop of mia/
  ])
    expect(log).toMatch(what);
  await me.reach(/^Did what/);
  await page.keyboard.type('Builds');
  await page.waitForURL(/what=build/);
  await gone(/joined/);
  await seen('pushed portal@1.1');
  await me.held();

  expect(me.hands, 'no mouse moved').toEqual([]);
  expect(complaints).toEqual([]);
}, 90_000);
