// What a friend sees and does, on the made-up engine: quick, and every page in both themes.
import { findings, lines } from '@mist/ui/axe';
import { launch } from '@mist/ui/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { serve } from './serve.mjs';

const LONG = 30_000;

let browser: Browser;
let context: BrowserContext;
let pages: Awaited<ReturnType<typeof serve>>;
/** What the browser complained of: violations of the policy, and errors that nobody caught. */
const complaints: string[] = [];

beforeAll(async () => {
  pages = await serve();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  pages?.close();
});
afterEach(async () => {
  await context?.close();
});

async function open(scene: string, path: string, more: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...more });
  context.setDefaultTimeout(LONG);
  const page = await context.newPage();
  page.on('console', (said) => said.type() === 'error' && complaints.push(said.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${pages.url}?scene=${scene}${path}`);
  return page;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });

test('signing in: a wrong password is said at its field, the keys are shown once', async () => {
  const page = await open('signed-out', '#/sign-in');
  await page.getByLabel('Server').fill('mist.example.org');
  await page.getByLabel('Name').fill('mia');
  await page.getByLabel('Password').fill('wrong');
  await button(page, 'Sign in').click();
  await page.getByText('The user name or the password is wrong.').waitFor();
  await expect.poll(() => page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Password').fill('paper-boats-sail');
  await page.keyboard.press('Enter');
  await page.getByText('c04e 5a77 9d31 08fb').waitFor();
  await button(page, /To the library/).click();
  await page.getByRole('link', { name: /^Paper Boats/ }).waitFor();
  await page.goto('about:blank');
  await page.goto(`${pages.url}?scene=signed-out#/sign-in`);
  await expect.poll(() => page.getByLabel('Server').inputValue(), { message: 'the address is remembered' }).toBe('https://mist.example.org');
});

test('who has a second factor is asked for a code once the password is right', async () => {
  const page = await open('signed-out', '#/sign-in');
  await page.getByLabel('Server').fill('mist.example.org');
  await page.getByLabel('Name').fill('root');
  await page.getByLabel('Password').fill('paper-boats-sail');
  await expect.poll(() => page.getByLabel('Code').count()).toBe(0);
  await button(page, 'Sign in').click();
  await page.getByText('The one that your authenticator shows now', { exact: false }).waitFor();
  await page.keyboard.type('000000');
  await page.keyboard.press('Enter');
  await page.getByText('The code is not right, or was used already.', { exact: false }).waitFor();
  await page.getByLabel('Code').fill('123456');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Welcome, root' }).waitFor();
});

test('a game goes back to the build before without the network, and on again', async () => {
  const page = await open('evening', '#/game/paper-boats');
  await page.getByText('What going back to 2.0 takes is kept here', { exact: false }).waitFor();
  await button(page, 'Go back to 2.0 (no network needed)').click();
  const dialog = page.getByRole('dialog', { name: 'Go back to 2.0' });
  await dialog.getByText('out of what was here already', { exact: false }).waitFor();
  await dialog.getByRole('button', { name: 'Go back', exact: true }).click();
  await button(page, 'Go back to 2.0.1 (no network needed)').waitFor();
});

test('an invite asks before anything is sent, and makes an account', async () => {
  const page = await open('signed-out', `#/join?link=${encodeURIComponent('https://mist.example.org/join/open#T.R')}`);
  await page.getByText('Nothing was sent yet.', { exact: false }).waitFor();
  await page.getByText('It is for the server mist.example.org.').waitFor();
  await button(page, 'Go on').click();
  await page.getByText('ada keeps games at mist.example.org', { exact: false }).waitFor();
  await page.getByLabel('Name').fill('not a name');
  await page.getByLabel('Password', { exact: true }).fill('a sail of paper');
  await page.getByLabel('Password, once more').fill('a sail of cloth');
  await button(page, 'Make my account').click();
  await page.getByText('The two passwords differ.').waitFor();
  await page.getByText('A name has 1 to 32', { exact: false }).waitFor();
  await page.getByLabel('Password, once more').fill('a sail of paper');
  await page.getByLabel('Name').fill('ben');
  await button(page, 'Make my account').click();
  await page.getByText('There is an account called ben already.').waitFor();
  await page.getByLabel('Name').fill('Lena');
  await page.keyboard.press('Enter');
  await page.getByText('Welcome, lena.', { exact: false }).waitFor();
  await page.getByRole('link', { name: /^Paper Boats/ }).waitFor();
});

test('a link that is none, or is over, is told apart', async () => {
  const page = await open('signed-out', '#/sign-in');
  await page.getByRole('link', { name: 'I was sent a link' }).click();
  await page.getByLabel('Link').fill('mist.example.org');
  await button(page, 'Go on').click();
  await page.getByText('This is no link of an invite', { exact: false }).waitFor();
  await expect.poll(() => page.getByLabel('Link').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Link').fill('https://mist.example.org/join/used#T.R');
  await page.keyboard.press('Enter');
  await page.getByText('was used, or is over', { exact: false }).waitFor();
  await page.getByLabel('Link').fill('https://mist.example.org/join/forgot#T.R');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'A new password' }).waitFor();
});

test('the program says what it does by itself', async () => {
  const page = await open('evening', '#/settings');
  await page.getByLabel('Start Mist with the system').check();
  await page.getByLabel('Go on when the window is closed').uncheck();
  await page.getByLabel('Say when all is done').uncheck();
  await page.getByRole('link', { name: 'Storage' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Start Mist with the system').waitFor();
  await expect.poll(() => page.getByLabel('Start Mist with the system').isChecked()).toBe(true);
  await expect.poll(() => page.getByLabel('Go on when the window is closed').isChecked()).toBe(false);
  await expect.poll(() => page.getByLabel('Say when all is done').isChecked()).toBe(false);
});

test('a limit changes by the time of the day, and says what counts now', async () => {
  const page = await open('evening', '#/settings');
  await page.getByText('now: 512 kB/s until 23:00').waitFor();
  const first = page.getByRole('group', { name: 'Limit on what friends get, time 1' });
  await expect.poll(() => first.getByLabel('From').inputValue()).toBe('08:00');
  await first.getByLabel('On').selectOption({ label: 'Monday to Friday' });
  await first.getByLabel('Limit').fill('much');
  await first.getByLabel('Limit').blur();
  await page.getByText('now: 512 kB/s until 23:00').waitFor();
  await first.getByLabel('Limit').fill('2');
  await first.getByLabel('Limit').blur();
  await page.getByText('now: 2.00 MB/s until 23:00').waitFor();
  await button(page, /^Add a time/).click();
  const third = page.getByRole('group', { name: 'Limit on what friends get, time 3' });
  await third.getByLabel('From').fill('23:00');
  await page.getByText('23:00 is there twice for the same days.', { exact: false }).waitFor();
  await page.getByLabel('What friends get while a game runs').fill('0.1');
  await page.getByLabel('What friends get while a game runs').blur();
  await page.getByText('now: 100 kB/s while a game runs').waitFor();
  const removals = page.getByRole('button', { name: 'Remove this time' });
  for (let left = 3; left > 0; left -= 1) {
    await expect.poll(() => removals.count()).toBe(left);
    await removals.first().click();
  }
  await expect.poll(() => page.getByLabel('Limit on what friends get', { exact: true }).inputValue(), { message: 'the one for all times counts again' }).toBe('');
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), { message: 'who goes by keyboard is still there' }).not.toBe('BODY');
});

test('who removes times faster than the engine answers removes each of them', async () => {
  const page = await open('evening', '#/settings');
  const removals = page.getByRole('button', { name: 'Remove this time' });
  await expect.poll(() => removals.count()).toBe(2);
  await page.evaluate(async () => {
    for (let time = 0; time < 2; time += 1) {
      document.querySelector<HTMLElement>('[aria-label="Remove this time"]')?.click();
      await Promise.resolve();
    }
  });
  await page.getByLabel('Limit on what friends get', { exact: true }).waitFor();
  await expect.poll(() => removals.count()).toBe(0);
});

test('a newer Mist is offered, and taken when somebody says so', async () => {
  const page = await open('evening', '#/');
  await page.getByRole('link', { name: 'Mist 0.3.0 is there' }).click();
  await page.getByText('Mist 0.3.0 is there (14.2 MB)', { exact: false }).waitFor();
  await button(page, 'Update and restart').click();
  await page.getByText('Your group’s server offers no newer one.').waitFor();
  await page.getByText('Mist 0.3.0', { exact: true }).waitFor();
  await expect.poll(() => page.getByRole('link', { name: 'Mist 0.3.0 is there' }).count()).toBe(0);
  const other = await open('trouble', '#/settings');
  await other.getByText(/was signed by 9a1c 77e0 52d3 0b4f, and c04e/).waitFor();
  await expect.poll(() => button(other, 'Update and restart').count()).toBe(0);
});

test('the library is found through by keyboard', async () => {
  const page = await open('evening', '#/');
  await page.getByRole('link', { name: /^Glass Orchard/ }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('boat');
  await page.getByRole('link', { name: /^Glass Orchard/ }).waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: /^Glass Orchard/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-game'))).toBe('hollow-tide');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-game'))).toBe('paper-boats');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Paper Boats' }).waitFor();
});

test('an install is asked for with its cost, runs, and ends with a receipt', async () => {
  const page = await open('trouble', '#/game/orbit-garden');
  await button(page, 'Install').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('to download', { exact: false }).waitFor();
  await dialog.getByText('Free afterwards').waitFor();
  await dialog.getByRole('button', { name: 'Install', exact: true }).click();
  await page.getByText(/Orbit Garden is installed: 595 MB in .* of it from friends/).waitFor({ timeout: LONG });
  await button(page, 'Play').waitFor();
  await page.getByText('Promised', { exact: true }).waitFor();
});

test('a download is paused, moved and resumed', async () => {
  const page = await open('evening', '#/downloads');
  await button(page, 'Pause Lanternfall').click();
  await button(page, 'Resume Lanternfall').waitFor();
  const order = () => page.getByRole('button', { name: /^Earlier/ }).allTextContents();
  const before = await order();
  await page.getByRole('button', { name: /^Earlier/ }).last().click();
  await expect.poll(order).not.toEqual(before);
  await button(page, 'Resume Lanternfall').click();
  await button(page, 'Resume Lanternfall').waitFor({ state: 'detached' });
});

test('the first start of a program is asked for, once', async () => {
  const page = await open('offline', '#/game/paper-boats');
  await button(page, 'Play offline').click();
  await page.getByText('Start Paper Boats for the first time?').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await button(page, 'Stop').click();
  await button(page, 'Play offline').click();
  await button(page, 'Stop').waitFor();
});

test('repairing says first how much it fetches', async () => {
  const page = await open('trouble', '#/game/glass-orchard');
  await button(page, 'Repair').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('46.0 MB').waitFor();
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click();
  await button(page, 'Play').waitFor({ timeout: LONG });
});

test('a game goes to a folder on another disk, which says first what that takes', async () => {
  const page = await open('evening', '#/storage');
  await page.getByLabel('One more folder').fill('/media/mia/games');
  await button(page, 'Add').click();
  await button(page, 'Use /media/mia/games for new games').waitFor();
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByRole('link', { name: /^Paper Boats/ }).click();
  await button(page, 'More for Paper Boats').click();
  await page.getByRole('menuitem', { name: 'Move …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Its new folder').fill('/home/mia/.local/share/mist/games/paper-boats/inside');
  await dialog.getByText('is inside the folder', { exact: false }).waitFor();
  await expect.poll(() => dialog.getByRole('button', { name: 'Move', exact: true }).isDisabled()).toBe(true);
  await dialog.getByLabel('Its new folder').fill('/home/mia/elsewhere');
  await dialog.getByText('On the same disk').waitFor();
  await dialog.getByRole('radio', { name: '/media/mia/games' }).check();
  await dialog.getByText('611 GB free there', { exact: false }).waitFor();
  await dialog.getByRole('button', { name: 'Move', exact: true }).click();
  await page.getByText('Paper Boats is in /media/mia/games/paper-boats now.').waitFor({ timeout: LONG });
  await page.getByRole('link', { name: /^Downloads/ }).click();
  await page.getByRole('link', { name: 'Receipt of Paper Boats', exact: true }).click();
  await page.getByText(': 4.18 GB copied and compared.', { exact: false }).waitFor();
});

test('new games go to the folder that is the usual one', async () => {
  const page = await open('evening', '#/storage');
  await page.getByLabel('One more folder').fill('/media/mia/games');
  await button(page, 'Add').click();
  await button(page, 'Use /media/mia/games for new games').click();
  await button(page, 'Use /home/mia/.local/share/mist/games for new games').waitFor();
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByRole('link', { name: /^Hollow Tide/ }).click();
  await button(page, 'Install').click();
  const places = page.getByRole('dialog').getByRole('radio');
  await expect.poll(() => places.count()).toBe(2);
  await expect.poll(() => places.first().isChecked(), { message: 'the usual one' }).toBe(true);
});

test('a link asks, and does nothing by itself', async () => {
  const page = await open('trouble', '#/game/orbit-garden?ask=install');
  await page.getByRole('dialog').getByText('Install Orbit Garden').waitFor();
  await button(page, 'Not now').click();
  await button(page, 'Install').waitFor();
});

test('without the server installed games are played, and that is said', async () => {
  const page = await open('offline', '#/');
  await page.getByText('The server is away. Installed games can be played', { exact: false }).waitFor();
});

test('what goes live later is fetched before, while the game can be played', async () => {
  const page = await open('quiet', '#/game/night-ferry');
  await page.getByRole('heading', { name: /^1\.1 goes live / }).waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Switch 1.1' }).count()).toBe(0);
  expect(lines(await findings(page))).toEqual([]);
  await button(page, 'Fetch it now 1.1').click();
  await page.getByText('You can play meanwhile').waitFor();
  await expect.poll(() => button(page, 'Play').isEnabled()).toBe(true);
  await page.getByRole('heading', { name: /^1\.1 is ready for / }).waitFor();
});

test('a disk is looked through for games, and nothing is taken over before it was chosen', async () => {
  const page = await open('quiet', '#/storage');
  await page.getByLabel('Folder to look through').fill('/media/mia');
  await button(page, 'Look for games').click();
  await page.getByText('Looking through /media/mia').waitFor();
  await page.getByText('2 games found').waitFor();
  await page.getByText('all 412 files fit').waitFor();
  await expect.poll(() => page.getByRole('checkbox').evaluateAll((all) => all.map((one) => (one as HTMLInputElement).checked))).toEqual([true, true]);
  await page.getByRole('checkbox', { name: /Hollow Tide/ }).uncheck();
  expect(lines(await findings(page))).toEqual([]);
  await button(page, 'Take over what is chosen').click();
  await page.getByRole('link', { name: 'Orbit Garden' }).first().waitFor();
  await expect.poll(() => page.getByRole('checkbox', { name: /Hollow Tide/ }).count()).toBe(1);
});

test('settings count at once, and refuse what makes no sense', async () => {
  const page = await open('evening', '#/settings');
  const down = page.getByLabel('Limit on what comes in');
  await down.fill('fast');
  await down.blur();
  await expect.poll(() => down.evaluate((input: HTMLInputElement) => input.validity.valid)).toBe(false);
  await down.fill('2.5');
  await down.blur();
  await page.getByRole('link', { name: 'Storage' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  // It is kept by the engine, from where the page reads it.
  await expect.poll(() => page.getByLabel('Limit on what comes in').inputValue()).toBe('2.5');
});

test('on a metered network what is to be fetched waits, until that is over or nobody wants it', async () => {
  const page = await open('train', '#/downloads');
  await page.getByText('This network is metered, so what is to be fetched waits', { exact: false }).waitFor();
  await page.getByRole('heading', { name: 'Active' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Settings', exact: true }).first().click();
  await page.getByLabel('Wait while the network is metered').uncheck();
  await page.getByRole('link', { name: /^Downloads/ }).click();
  await page.getByRole('heading', { name: 'Active' }).waitFor();
  await expect.poll(() => page.getByText('This network is metered', { exact: false }).count()).toBe(0);
});

test('what helps whoever helps is shown before it is copied', async () => {
  const page = await open('evening', '#/settings');
  await button(page, 'Show it').click();
  await page.getByLabel('Diagnostics', { exact: true }).getByText('"up_schedule": "08:00,512k 23:00,off"', { exact: false }).waitFor();
  await button(page, 'Copy the diagnostics').click();
  await button(page, 'Copied').waitFor();
});

test('two thousand games are there, and scrolled through', async () => {
  const page = await open('many', '#/');
  await button(page, 'All 2000').waitFor();
  await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
  await page.getByRole('link', { name: /^Jagged Winter 9/ }).waitFor();
});

const EVERY: [scene: string, path: string, ready: string][] = [
  ['signed-out', '#/sign-in', 'Sign in to your group'],
  ['signed-out', '#/join', 'Join by a link'],
  ['evening', '#/', 'Glass Orchard'],
  ['evening', '#/game/paper-boats', 'Last change'],
  ['trouble', '#/game/glass-orchard', 'not right'],
  ['evening', '#/downloads', 'Pause all'],
  ['evening', '#/friends', 'I gave'],
  ['trouble', '#/storage', 'new games go here'],
  ['evening', '#/settings', 'Appearance']
];

test.each(['light', 'dark'] as const)('every page is clean to who reads it by other means, %s, and fits a small window', async (theme) => {
  const found: string[] = [];
  const page = await open('evening', '#/', { colorScheme: theme, viewport: { width: 900, height: 600 } });
  for (const [scene, path, ready] of EVERY) {
    await page.goto('about:blank');
    await page.goto(`${pages.url}?scene=${scene}${path}`);
    await page.getByText(ready, { exact: false }).first().waitFor();
    found.push(...lines(await findings(page), `${path} ${theme}`));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 900) found.push(`${path} is ${wide} wide`);
  }
  expect(found).toEqual([]);
});

test('the browser had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
