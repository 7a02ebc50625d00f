// One admin's evening, in a real browser at a real server.
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
/** What the browser complained of: violations of the policy, and errors that nobody caught. */
const complaints: string[] = [];
const streams: string[] = [];

function watch(made: BrowserContext): BrowserContext {
  made.on('console', (said) => {
    if (said.type() === 'error' && !/Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE/.test(said.text())) complaints.push(said.text());
  });
  made.on('weberror', (error) => complaints.push(String(error.error())));
  made.on('request', (request) => {
    if (request.url().endsWith('/api/v1/events')) streams.push(request.url());
  });
  return made;
}

const seen = (text: string | RegExp, timeout = LONG) => page.getByText(text).first().waitFor({ timeout });
const rung = (version: string) => page.locator(`[data-version="${version}"]`);
const liveIs = (version: string) => rung(version).locator('.state.live').waitFor({ timeout: LONG });

async function signIn(on: Page, user: string, password: string) {
  await on.getByLabel('Name').fill(user);
  await on.getByLabel('Password').fill(password);
  await on.keyboard.press('Enter');
}

beforeAll(async () => {
  [at, browser] = await Promise.all([stage(), launch()]);
  context = watch(await browser.newContext({ viewport: { width: 1280, height: 800 } }));
  page = await context.newPage();
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
});

test('a wrong password is refused, and the right one leads to where one wanted to go', async () => {
  await page.goto(`${at.url}/admin/games`);
  await page.waitForURL(/sign-in\?next=/);
  await signIn(page, at.admin, 'wrong horse');
  await seen('User or password is not right.');
  await expect.poll(() => page.getByLabel('Password').inputValue()).toBe('');
  await signIn(page, at.admin, at.password);
  await page.waitForURL(/\/admin\/games$/);
  await seen('There is no game yet.');
  const cookies = await context.cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: 'mist', httpOnly: true, sameSite: 'Strict', path: '/' });
});

test('a game is added by its title, with the keyboard alone', async () => {
  const add = page.getByRole('button', { name: 'Add a game' });
  await add.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.textContent?.includes('Add a game'));
  await page.keyboard.press('Enter');
  await page.getByLabel('Title, or Steam application').focus();
  await page.keyboard.type('Paper Boats');
  await expect.poll(() => page.getByLabel('Key').inputValue()).toBe(at.game);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games\/paper-boats$/);
  await seen('No build was pushed yet.');
});

test('a push is seen to arrive and to go live, without a hand on the page', async () => {
  await at.tell('push 1.0');
  await liveIs('1.0');
  await at.tell('push 1.1');
  await liveIs('1.1');
  await expect.poll(() => rung('1.0').locator('.state.live').count()).toBe(0);
  await seen(/patch of [\d.]+ kB/);
});

test('going live says what it costs, and is undone by one click', async () => {
  await page.getByRole('button', { name: 'Make live 1.0' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Who has 1.1 fetches').waitFor();
  await expect.poll(() => dialog.textContent()).toMatch(/A new install is\s*2\.20 MB/);
  await dialog.getByRole('button', { name: 'Go back' }).click();
  await liveIs('1.0');
  await page.getByRole('button', { name: 'Undo' }).click();
  await liveIs('1.1');
  // The last move can be undone from home, too, until tomorrow.
  await page.getByRole('link', { name: 'Home' }).click();
  await seen(/went live .*Before, it was 1\.0/);
  await page.getByRole('main').getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('link', { name: /Paper Boats/ }).first().click();
  await liveIs('1.0');
});

test('the jobs of a push are there to read', async () => {
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByRole('link', { name: /Patch from 1\.0 to 1\.1/ }).click();
  await seen('Makes what friends fetch to get from one build to the other.');
  await page.getByRole('main').getByText('done', { exact: true }).waitFor();
  const log = page.getByRole('log', { name: 'Log' });
  await log.getByText(/^queued; it begins once job/).waitFor();
  await log.getByText('given to seed embedded, try 1 of 5').waitFor();
  await log.getByText(/^done in /).waitFor();
});

test('a friend gets an account, is shut out, and let in again', async () => {
  await page.getByRole('link', { name: 'People' }).click();
  await page.getByRole('button', { name: 'Add an account' }).click();
  await page.getByLabel('Name').fill('ben');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await seen('ben can sign in');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: /ben/ }).click();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await seen('Can’t sign in. Games that are installed still start.');
  await page.getByRole('button', { name: 'Enable' }).click();
  await seen('ben can sign in again.');
});

/** What is shown once. */
const shownOnce = async () => (await page.getByRole('dialog').locator('pre').textContent()) ?? '';

test('a friend joins by a link, with a name and a password of their own', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'People' }).click();
  await page.getByRole('button', { name: 'Invite a friend' }).click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByText('Send them this link').waitFor({ timeout: LONG });
  const link = await shownOnce();
  expect(link).toMatch(new RegExp(`^${at.url}/join/[\\w-]{24}#[\\w-]{43}\\.[\\w-]{43}$`));
  await page.getByRole('button', { name: 'Done' }).click();
  await seen('Whoever has the link');

  const theirs = watch(await browser.newContext());
  const friend = await theirs.newPage();
  await friend.goto(link);
  await friend.getByText('admin keeps games here for friends').waitFor({ timeout: LONG });
  await expect.poll(() => friend.locator('#command').textContent()).toContain(`'${link}'`);
  await friend.getByLabel('Your name').fill('mia');
  await friend.getByLabel('A password of your own').fill('a horse of my own');
  await friend.getByLabel('The same again').fill('a horse of my own');
  await friend.getByRole('button', { name: 'Make my account' }).click();
  await friend.getByText('The name mia is taken').waitFor({ timeout: LONG });
  await friend.getByLabel('Your name').fill('eve');
  await friend.keyboard.press('Enter');
  await friend.getByRole('heading', { name: 'Welcome, eve' }).waitFor({ timeout: LONG });
  await expect.poll(() => friend.locator('#login').textContent()).toBe(`mist login ${at.url} --user eve`);
  await friend.goto('about:blank');
  await friend.goto(link);
  await friend.getByRole('heading', { name: 'This link is over' }).waitFor({ timeout: LONG });
  await expect.poll(() => friend.getByRole('button', { name: 'Make my account' }).isVisible()).toBe(false);
  await theirs.close();

  await page.reload();
  await page.getByRole('link', { name: /^(E )?eve/ }).waitFor({ timeout: LONG });
  await seen('No link is open now.');
});

test('a lost laptop is signed out, and a lost password set anew by a link', async () => {
  const theirs = watch(await browser.newContext());
  const laptop = await theirs.newPage();
  await laptop.goto(`${at.url}/admin`);
  await signIn(laptop, 'eve', 'a horse of my own');
  await laptop.getByText('eve may play here').waitFor({ timeout: LONG });
  await page.getByRole('link', { name: /^(E )?eve/ }).click();
  await page.getByRole('button', { name: /Sign out Chrome/ }).click();
  await seen('eve is signed in nowhere.');
  expect(await laptop.evaluate(async () => (await fetch('/api/v1/me')).status)).toBe(401);

  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make the link' }).click();
  await page.getByText('It is good once, for a day').waitFor({ timeout: LONG });
  await laptop.goto(await shownOnce());
  await laptop.getByText('Set a new password for eve.').waitFor({ timeout: LONG });
  await laptop.getByLabel('A password of your own').fill('another horse of mine');
  await laptop.getByLabel('The same again').fill('another horse of mine');
  await laptop.keyboard.press('Enter');
  await laptop.getByRole('heading', { name: 'Your password is set' }).waitFor({ timeout: LONG });
  await theirs.close();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
});

test('what is shown once is copied where pages come without TLS, and selected where they may not copy at all', async () => {
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'New password' }).click();
  await dialog.getByRole('button', { name: 'Set the password' }).click();
  await dialog.getByRole('button', { name: 'Copy the password' }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor({ timeout: LONG });
  const password = await shownOnce();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.evaluate(() => document.body.append(Object.assign(document.createElement('textarea'), { id: 'paste' })));
  await page.locator('#paste').focus();
  await page.keyboard.press('ControlOrMeta+V');
  await expect.poll(() => page.locator('#paste').inputValue()).toBe(password);

  await page.evaluate(() => (document.execCommand = () => false));
  await page.getByRole('button', { name: 'Make a link' }).click();
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  await dialog.getByRole('button', { name: 'Copy the link' }).click();
  await dialog.getByText('press Ctrl+C').waitFor({ timeout: LONG });
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(await shownOnce());
  await dialog.getByRole('button', { name: 'Done' }).click();
});

test('a token is made for a script, shown once, and opens what it was made for', async () => {
  await page.goto(`${at.url}/admin/account`);
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByLabel('Name').fill('nightly');
  await page.getByRole('radio', { name: /Read/ }).check();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('Your token').waitFor({ timeout: LONG });
  const secret = await shownOnce();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await seen('never used');
  const call = (method: string, path: string) => fetch(`${at.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${secret}` } });
  expect((await call('GET', '/users')).status).toBe(200);
  expect((await call('DELETE', `/games/${at.game}`)).status).toBe(403);
  await page.getByRole('button', { name: 'Remove nightly' }).click();
  await seen('There is no token yet.');
  expect((await call('GET', '/users')).status).toBe(401);
});

test('what destroys asks for the password again after a while', async () => {
  // The server says so once five minutes have passed, which its own tests wait for.
  const stale = JSON.stringify({ title: 'Forbidden', status: 403, code: 'confirm_password', detail: 'give your password again' });
  await page.goto(`${at.url}/admin/people/eve`);
  await page.route('**/api/v1/users/eve', (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: stale }), { times: 1 });
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await seen('Your password again');
  const again = page.getByRole('dialog', { name: 'Your password again' });
  await again.getByLabel('Your password').fill('wrong horse');
  await page.keyboard.press('Enter');
  await seen('The password is not right.');
  await again.getByLabel('Your password').fill(at.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/people$/);
  await page.getByRole('link', { name: /^(E )?eve/ }).waitFor({ state: 'detached', timeout: LONG });
});

test('two tabs listen by one stream, and both see what happens', async () => {
  const before = streams.length;
  const other = await context.newPage();
  await other.goto(`${at.url}/admin/games/paper-boats`);
  await other.getByText('Live', { exact: true }).first().waitFor({ timeout: LONG });
  await at.tell('push 1.2');
  await other.locator('[data-version="1.2"] .state.live').waitFor({ timeout: LONG });
  expect(streams.length - before).toBe(0);
  await other.close();
});

test('what is changed about people in one tab is seen in the others', async () => {
  const [people, log] = [await context.newPage(), await context.newPage()];
  await people.goto(`${at.url}/admin/people`);
  await log.goto(`${at.url}/admin/audit`);
  await people.getByRole('link', { name: /ben/ }).waitFor({ timeout: LONG });
  await log.getByText('Who did what').first().waitFor({ timeout: LONG });
  await page.goto(`${at.url}/admin/people`);
  await page.getByRole('button', { name: 'Add an account' }).click();
  await page.getByLabel('Name').fill('gil');
  await page.getByRole('button', { name: 'Make the account' }).click();
  const row = people.getByRole('link', { name: /gil/ });
  await row.waitFor({ timeout: LONG });
  await log.getByText(/gil/).first().waitFor({ timeout: LONG });
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: /gil/ }).click();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await row.getByText('disabled').waitFor({ timeout: LONG });
  await people.close();
  await log.close();
});

test('who is here with what is seen as it changes', async () => {
  await page.goto(`${at.url}/admin/swarm`);
  await page.getByRole('link', { name: /Paper Boats/ }).click();
  await page.waitForURL(/\/swarm\/paper-boats$/);
  await seen('No friend is here, only the seed.');
  const map = page.getByRole('img', { name: /^Map of \d+ pieces/ });
  await map.waitFor({ timeout: LONG });
  await expect.poll(() => map.getAttribute('aria-label')).toContain('No friend has any piece of it');
  await at.tell('share una');
  await seen('1 program of friends and 1 seed are here.');
  await page.getByRole('link', { name: 'una' }).waitFor({ timeout: LONG });
  await page.getByRole('img', { name: /1 friend has all of it\. Every piece is with a friend at least/ }).waitFor({ timeout: LONG });
  await page.getByRole('progressbar', { name: 'What una has of 1.2' }).waitFor({ timeout: LONG });
  await page.getByRole('link', { name: /1\.0 → 1\.1/ }).first().click();
  await page.waitForURL(/of=[0-9a-f]{64}$/);
  await page.getByRole('heading', { name: /Pieces of 1\.0 → 1\.1/ }).waitFor({ timeout: LONG });
});

test('the stores are read again at a click, and it is seen when that was', async () => {
  await page.goto(`${at.url}/admin/swarm`);
  await page.getByRole('button', { name: 'Read the stores again now' }).click();
  await seen('Each seed reads its whole store again');
  await page.getByText(/^Read as a whole .*: [\d.]+ MB, nothing was rotten/).waitFor({ timeout: LONG });
});

test('a lost connection shows, heals by itself, and what was missed is read', async () => {
  await page.goto(`${at.url}/admin/games/paper-boats`);
  await liveIs('1.2');
  await at.tell('kill');
  await seen(/No connection/);
  await expect.poll(() => rung('1.2').count(), { message: 'what was read stays' }).toBe(1);
  await at.tell('restart');
  await at.tell('push 1.3');
  await liveIs('1.3');
  await page.getByText('Live', { exact: true }).first().waitFor({ timeout: LONG });
});

test('before a build goes live it is told what the friends of each build fetch, and what of that leaves the server', async () => {
  await at.tell('share vera');
  await page.getByRole('button', { name: 'Make live 1.1' }).click();
  const dialog = page.getByRole('dialog');
  const told = (what: string) => dialog.locator('dl > div').filter({ hasText: what });
  await told('Who has 1.3 fetches').getByText('1 friend, online').waitFor({ timeout: LONG });
  // That friend may be on the way back from a server that was away.
  await told('Who has 1.2 fetches').getByText(/^1 friend/).waitFor({ timeout: LONG });
  expect(await told('All of them fetch').textContent()).toMatch(/2 friends.*[\d.]+ [kM]B/);
  expect(await told('Of that leaves the server').textContent()).toMatch(/[\d.]+ [kM]B.*copy/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('every page can be read by everybody', async () => {
  const all: string[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const path of ['', '/games', '/games/paper-boats', '/jobs', '/swarm', '/swarm/paper-boats', '/people', '/people/ben', '/account', '/reference', '/gallery']) {
      await page.goto(`${at.url}/admin${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor({ timeout: LONG });
      await page.waitForFunction(() => document.querySelector('.skeleton') === null || location.pathname.endsWith('gallery'));
      const found = (await findings(page)).filter((f) => f.impact === 'serious' || f.impact === 'critical');
      all.push(...lines(found, `${path} ${scheme}`));
    }
  }
  expect(all).toEqual([]);
});

test('a session that is over asks to sign in again, and leads back', async () => {
  await page.goto(`${at.url}/admin/games/paper-boats`);
  await liveIs('1.3');
  await at.tell('sign-out');
  // The page hears of it by itself, before these clicks or at the last of them.
  const goBack = async () => {
    await page.getByRole('button', { name: 'Make live 1.0' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  };
  void goBack().catch(() => undefined);
  await page.waitForURL(/sign-in\?over/);
  await seen('Sign in to go on where you were.');
  await signIn(page, at.admin, at.password);
  await page.waitForURL(/\/games\/paper-boats$/);
  await liveIs('1.3');
});

test('who is no admin is told so, and gets nothing', async () => {
  const theirs = watch(await browser.newContext());
  const friend = await theirs.newPage();
  await friend.goto(`${at.url}/admin`);
  await signIn(friend, at.friend, at.password);
  await friend.getByText('mia may play here, but not manage the server.').waitFor({ timeout: LONG });
  expect(await friend.evaluate(async () => (await fetch('/api/v1/users')).status)).toBe(403);
  await theirs.close();
});

test('what the API can be asked for is told to anybody', async () => {
  const theirs = watch(await browser.newContext());
  const reader = await theirs.newPage();
  await reader.goto(`${at.url}/admin/reference`);
  await reader.getByLabel('Search the operations').fill('post games game_exists');
  const one = reader.getByRole('group').filter({ hasText: '/api/v1/games' }).first();
  await one.getByText('/api/v1/games', { exact: true }).click();
  await one.getByText(`curl -X POST '${at.url}/api/v1/games'`).waitFor();
  await one.getByRole('link', { name: 'Game', exact: true }).first().click();
  await reader.getByRole('table', { name: 'Fields of Game', exact: true }).getByText('slug', { exact: true }).waitFor();
  await theirs.close();
});

test('another site can do nothing with the session', async () => {
  const status = await page.evaluate(async () => (await fetch('/api/v1/games', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).status);
  expect(status, 'without the portal’s own header').toBe(403);
});

test('the browser had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
