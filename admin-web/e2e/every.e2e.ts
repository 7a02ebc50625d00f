// Every page in every state: nothing on it hinders anybody seriously, and it is no wider than the window that it is in.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findings, lines } from '@mist/ui/axe';
import { launch } from '@mist/ui/browser';
import { stage, type Stage } from '@mist/ui/stage';
import { mock } from './mock.mjs';

const LONG = 20_000;
const WIDTHS = [360, 768, 1440];
const SCHEMES = new Map<number, 'light' | 'dark'>([[360, 'light'], [1440, 'dark']]);

let browser: Browser;
let at: Stage;
const scenes = new Map<string, { url: string; close: () => void }>();

type Act = (page: Page) => Promise<unknown>;
const press = (name: string | RegExp): Act => (page) => page.getByRole('button', { name }).first().click();
/** Presses a button that opens a dialog, and waits until the dialog has what it says. */
const opens =
  (name: string | RegExp, says: string | RegExp): Act =>
  async (page) => {
    await press(name)(page);
    await page.getByRole('dialog').getByText(says).first().waitFor({ timeout: LONG });
  };

const GO_LIVE = opens('Make live 1.1.1', 'Of that leaves the server');

/** What the mock shows: by its scene and path, with what is done there first. */
const SHOWN: [scene: string, path: string, act?: Act][] = [
  ['signed-out', '/sign-in'],
  ...['full', 'trouble', 'empty', 'begun', 'broken'].map((scene): [string, string] => [scene, '/']),
  ['full', '/games'],
  ['empty', '/games'],
  ['full', '/games', opens('Add a game', 'Title, or Steam')],
  ['full', '/games', opens('Which builds are kept', '4 builds go now')],
  ['full', '/games/paper-boats'],
  ['full', '/games/paper-boats', GO_LIVE],
  ['full', '/games/paper-boats', opens('Prune old ones', '2 builds go')],
  ['full', '/games/the-long-way-down-to-the-lighthouse'],
  ['full', '/games/paper-boats/details'],
  ['full', '/games/paper-boats/media'],
  ['full', '/games/hollow-tide/access'],
  ['full', '/games/paper-boats/history'],
  ['full', '/games/paper-boats/builds/2.0.1'],
  ['full', '/games/paper-boats/builds/2.0.1/changes?from=2.0', press(/second-winter/)],
  ['trouble', '/jobs'],
  ['trouble', '/jobs/0198c'],
  ['full', '/jobs/0198a'],
  ['full', '/swarm'],
  ['trouble', '/swarm'],
  ['full', '/swarm/paper-boats'],
  ['full', '/swarm/history'],
  ['full', '/people'],
  ['full', '/people', opens('Invite a friend', 'Make the link')],
  ['full', '/people/mia'],
  ['full', '/account'],
  ['full', '/account', opens('Make a token', 'Make the token')],
  ['full', '/notifications'],
  ['full', '/settings', (page) => page.getByText('direct_patch_above', { exact: true }).click()],
  ['full', '/seal'],
  ['full', '/audit'],
  ['friend', '/'],
  ['full', '/nowhere'],
  ['signed-out', '/reference'],
  ['full', '/gallery']
];

beforeAll(async () => {
  [at, browser] = await Promise.all([stage(), launch()]);
  for (const [scene] of SHOWN) if (!scenes.has(scene)) scenes.set(scene, await mock(scene));
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
  for (const { close } of scenes.values()) close();
});

/** The page is there, and nothing of it is still being read. */
const whole = async (page: Page) => {
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: LONG });
  await page.waitForFunction(() => document.querySelector('.skeleton') === null || location.pathname.endsWith('gallery'));
};

/** What is wrong with the page that is open, by the window's widths and the colours that it may have. */
async function wrong(page: Page, where: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
    if (wide > inner) found.push(`${where} is ${wide} wide where the window is ${inner}`);
    // As on a phone, and as on a screen: other parts of it are shown. Both in both colours take twice as long and find the same.
    const colorScheme = SCHEMES.get(width);
    if (colorScheme === undefined) continue;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const serious = (await findings(page)).filter((f) => f.impact === 'serious' || f.impact === 'critical');
    found.push(...lines(serious, `${where} ${width} ${colorScheme}`));
  }
  return found;
}

test('every page can be read by everybody, and fits a phone, a tablet and a screen', { timeout: 400_000 }, async () => {
  const found: string[] = [];
  const page = await browser.newPage({ viewport: { width: 1440, height: 800 }, reducedMotion: 'reduce' });
  for (const [scene, path, act] of SHOWN) {
    await page.setViewportSize({ width: 1440, height: 800 });
    await page.goto(scenes.get(scene)!.url + path);
    const where = `${scene} ${path}${act ? ', acted on' : ''}`;
    try {
      await whole(page);
      await act?.(page);
      found.push(...(await wrong(page, where)));
    } catch (cause) {
      found.push(`${where}: ${String(cause)}`);
    }
  }
  await page.close();
  expect(found).toEqual([]);
});

test('what a real server shows to friends and to its admin does so too', { timeout: 300_000 }, async () => {
  const found: string[] = [];
  const page = await browser.newPage({ viewport: { width: 1440, height: 800 }, reducedMotion: 'reduce' });
  const look = async (path: string, act?: Act) => {
    await page.setViewportSize({ width: 1440, height: 800 });
    await page.goto(at.url + path);
    await whole(page);
    await act?.(page);
    found.push(...(await wrong(page, act ? `${path}, acted on` : path)));
  };
  await look('/');
  await look('/admin/sign-in');
  await page.getByLabel('Name').fill(at.admin);
  await page.getByLabel('Password').fill(at.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1 }).waitFor({ timeout: LONG });
  await page.waitForURL(/\/admin\/?$/);

  await page.goto(`${at.url}/admin/games?add=1`);
  await page.getByLabel('Title, or Steam').fill('Paper Boats');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games\/paper-boats$/);
  await at.tell('push 1.0');
  await at.tell('push 1.1');
  await at.tell('share una');

  await page.goto(`${at.url}/admin/people`);
  await press('Invite a friend')(page);
  await press('Make the link')(page);
  await page.getByText('It is shown this once.').waitFor({ timeout: LONG });
  const link = new URL((await page.getByRole('dialog').locator('pre').textContent()) ?? '');
  await page.goto(`${at.url}/admin/jobs`);
  const job = (await page.getByRole('link', { name: /Patch from 1\.0 to 1\.1/ }).getAttribute('href')) ?? '';

  await look('/');
  await look(link.pathname + link.hash);
  await look('/join/over#nothing');
  await look('/admin');
  await look(job);
  await look('/admin/jobs');
  await look('/admin/games/paper-boats');
  await look('/admin/games/paper-boats', opens('Make live 1.0', 'Of that leaves the server'));
  await look('/admin/games/paper-boats/builds/1.1/changes?from=1.0', press(/data\/new\.pak/));
  await look('/admin/swarm/paper-boats');
  await look('/admin/people', opens('Invite a friend', 'Make the link'));
  await look('/admin/people', opens('Add an account', 'Make the account'));
  await look('/admin/people/una');
  await page.close();
  expect(found).toEqual([]);
});
