// Pictures of every page and dialog, light and dark, in three sizes: `./dev shots`. To look at.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launch } from '@mist/ui/browser';
import { serve } from './serve.mjs';

const folder = process.argv[2] ?? 'shots';
const only = process.argv[3];
const SIZES = (process.env.MIST_SHOT_SIZES ?? '900x600,1280x800,1600x1000').split(',').map((size) => size.split('x').map(Number));
const press = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click();
const choose = (name) => async (page) => {
  await page.getByRole('button', { name: /^More for/ }).click();
  await page.getByRole('menuitem', { name }).click();
};
const PAGES = [
  ['sign-in', 'empty', '#/sign-in'],
  ['sign-in-wrong', 'signed-out', '#/sign-in', async (page) => { await page.getByLabel('Server').fill('mist.example.org'); await page.getByLabel('Name').fill('mia'); await page.getByLabel('Password').fill('x'); await page.getByRole('button', { name: 'Sign in' }).click(); }],
  ['sign-in-first', 'signed-out', '#/sign-in', async (page) => { await page.getByLabel('Server').fill('mist.example.org'); await page.getByLabel('Name').fill('mia'); await page.getByLabel('Password').fill('paper-boats-sail'); await page.getByRole('button', { name: 'Sign in' }).click(); }],
  ['join', 'signed-out', '#/join'],
  ['join-opened', 'signed-out', `#/join?link=${encodeURIComponent('https://mist.example.org/join/open#7f3a91c0.c04e5a77')}`],
  ['join-invited', 'signed-out', `#/join?link=${encodeURIComponent('https://mist.example.org/join/open#7f3a91c0.c04e5a77')}`, press('Go on')],
  ['library', 'evening', '#/'],
  ['library-list', 'evening', '#/', press('List')],
  ['library-offline', 'offline', '#/'],
  ['library-trouble', 'trouble', '#/'],
  ['library-empty', 'empty', '#/'],
  ['library-many', 'many', '#/'],
  ['game', 'evening', '#/game/paper-boats'],
  ['game-not-here', 'evening', '#/game/hollow-tide'],
  ['game-busy', 'evening', '#/game/lanternfall'],
  ['game-update', 'trouble', '#/game/moss-and-iron'],
  ['game-damaged', 'trouble', '#/game/glass-orchard'],
  ['game-running', 'evening', '#/game/glass-orchard'],
  ['game-later', 'offline', '#/game/night-ferry'],
  ['game-ready', 'ready', '#/game/night-ferry'],
  ['game-menu', 'evening', '#/game/paper-boats', (page) => page.getByRole('button', { name: /^More for/ }).click()],
  ['install', 'evening', '#/game/hollow-tide', press('Install')],
  ['update', 'trouble', '#/game/moss-and-iron', press('Update')],
  ['roll-back', 'evening', '#/game/paper-boats', press('Go back to 2.0 (no network needed)')],
  ['repair', 'trouble', '#/game/glass-orchard', press('Repair')],
  ['launch', 'evening', '#/game/paper-boats', press('Play')],
  ['uninstall', 'evening', '#/game/paper-boats', choose('Uninstall')],
  ['move', 'evening', '#/game/paper-boats', async (page) => { await choose('Move …')(page); await page.getByLabel('Its new folder').fill('/media/mia/games/paper-boats'); await page.getByText('to copy').waitFor(); }],
  ['folder', 'trouble', '#/game/night-ferry', press('Find its folder')],
  ['downloads', 'evening', '#/downloads', (page) => page.waitForTimeout(5000)],
  ['downloads-train', 'train', '#/downloads'],
  ['downloads-trouble', 'trouble', '#/downloads'],
  ['downloads-empty', 'empty', '#/downloads'],
  ['receipt', 'trouble', '#/downloads', (page) => page.getByRole('link', { name: /Receipt of Night Ferry/ }).click()],
  ['friends', 'evening', '#/friends'],
  ['storage', 'trouble', '#/storage'],
  ['storage-scan', 'offline', '#/storage', async (page) => { await page.getByLabel('Folder to look through').fill('/media/mia'); await page.getByRole('button', { name: 'Look for games' }).click(); await page.getByText('games found').waitFor(); }],
  ['settings-speed', 'evening', '#/settings'],
  ['settings-program', 'trouble', '#/settings', (page) => page.getByText('This program').scrollIntoViewIfNeeded()],
  ['settings', 'evening', '#/settings', (page) => page.getByRole('button', { name: 'Look for problems' }).click()]
];

await mkdir(folder, { recursive: true });
const browser = await launch();
const { url, close } = await serve();

/** One picture; what the page complains of is said. */
async function shoot([name, scene, path, act], [width, height], theme) {
  const complain = (what) => console.error(`${name} ${width} ${theme}: ${what}`);
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('console', (said) => said.type() === 'error' && complain(said.text()));
  page.on('pageerror', complain);
  try {
    await page.goto(`${url}?scene=${scene}${path}`);
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(600);
    if (act) await act(page).then(() => page.waitForTimeout(500));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complain(`the page is ${wide} wide`);
    await page.screenshot({ path: join(folder, `client-${name}-${width}-${theme}.png`) });
  } catch (error) {
    complain(error);
  }
  await context.close();
}

const themes = (process.env.MIST_SHOT_THEMES ?? 'light,dark').split(',');
const shots = PAGES.filter(([name]) => !only || name.startsWith(only)).flatMap((page) => SIZES.flatMap((size) => themes.map((theme) => shoot.bind(null, page, size, theme))));
const workers = Array.from({ length: 3 }, async () => {
  for (let next = shots.shift(); next !== undefined; next = shots.shift()) await next();
});
await Promise.all(workers);
close();
await browser.close();
