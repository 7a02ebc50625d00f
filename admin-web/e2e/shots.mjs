// Pictures of every page, light and dark, on a phone, a tablet and a screen: `./dev shots [FOLDER]`. To look at.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launch } from '@mist/ui/browser';
import { mock } from './mock.mjs';

const folder = process.argv[2] ?? 'shots';
const only = process.argv[3];
/** Where sizes are named, what is seen without scrolling: as docs/pictures has it. */
const NAMED = process.env.MIST_SHOT_SIZES;
const SIZES = (NAMED ?? '360x780,768x1024,1440x900').split(',').map((size) => size.split('x').map(Number));
const PAGES = [
  ['sign-in', 'signed-out', '/sign-in'],
  ['home', 'full', '/'],
  ['home-trouble', 'trouble', '/'],
  ['home-empty', 'empty', '/'],
  ['home-begun', 'begun', '/'],
  ['home-broken', 'broken', '/'],
  ['home-loading', 'waiting', '/'],
  ['games', 'full', '/games'],
  ['games-empty', 'empty', '/games'],
  ['games-add', 'full', '/games?add=1', (page) => page.getByLabel('Title, or Steam').fill('Paper Kites')],
  ['games-steam', 'full', '/games?add=1', (page) => page.getByLabel('Title, or Steam').fill('400').then(() => page.getByText('Aperture').waitFor())],
  ['game', 'full', '/games/paper-boats'],
  ['game-prune', 'full', '/games/paper-boats', (page) => page.getByRole('button', { name: 'Prune old ones' }).click().then(() => page.getByText('2 builds go').waitFor())],
  ['game-kept', 'full', '/games/paper-boats', (page) => page.getByRole('button', { name: 'Change which are kept' }).click().then(() => page.getByText('2 builds go', { exact: true }).waitFor())],
  ['games-kept', 'full', '/games', (page) => page.getByRole('button', { name: 'Which builds are kept' }).click().then(() => page.getByText('4 builds go now').waitFor())],
  ['game-later', 'full', '/games/paper-boats', (page) => page.getByRole('button', { name: 'Make live 1.1.1', exact: true }).click().then(() => page.getByLabel('At a time').check())],
  ['notices', 'full', '/notifications'],
  ['notices-empty', 'empty', '/notifications'],
  ['game-plain', 'full', '/games/hollow-tide'],
  ['game-general', 'full', '/games/lanternfall/details'],
  ['game-media', 'full', '/games/paper-boats/media'],
  ['game-media-none', 'full', '/games/hollow-tide/media'],
  ['game-access', 'full', '/games/hollow-tide/access'],
  ['game-history', 'full', '/games/paper-boats/history'],
  ['build', 'full', '/games/paper-boats/builds/2.0.1'],
  ['changes', 'full', '/games/paper-boats/builds/2.0.1/changes?from=2.0', (page) => page.getByRole('button', { name: /second-winter/ }).click()],
  ['game-live', 'full', '/games/paper-boats', (page) => page.getByRole('button', { name: 'Make live 1.1.1', exact: true }).click()],
  ['game-no-build', 'full', '/games/the-long-way-down-to-the-lighthouse'],
  ['jobs', 'trouble', '/jobs'],
  ['job-failed', 'trouble', '/jobs/0198c'],
  ['job-running', 'full', '/jobs/0198a'],
  ['swarm', 'full', '/swarm'],
  ['swarm-rot', 'trouble', '/swarm'],
  ['swarm-game', 'full', '/swarm/paper-boats'],
  ['swarm-game-rare', 'trouble', '/swarm/paper-boats'],
  ['swarm-game-patch', 'full', '/swarm/paper-boats', (page) => page.getByRole('link', { name: /2.0 → 2.0.1/ }).click()],
  ['swarm-game-empty', 'full', '/swarm/hollow-tide'],
  ['history', 'full', '/swarm/history'],
  ['history-hours', 'full', '/swarm/history?range=hours'],
  ['history-years', 'full', '/swarm/history?range=years', (page) => page.getByText('The figures as a table').first().click()],
  ['history-empty', 'empty', '/swarm/history'],
  ['people', 'full', '/people'],
  ['people-add', 'full', '/people', (page) => page.getByRole('button', { name: 'Add an account' }).click()],
  ['people-invite', 'full', '/people', (page) => page.getByRole('button', { name: 'Invite a friend' }).first().click()],
  ['people-empty', 'empty', '/people'],
  ['person', 'full', '/people/mia'],
  ['account', 'full', '/account'],
  ['account-token', 'full', '/account', (page) => page.getByRole('button', { name: 'Make a token' }).click()],
  ['account-factor-off', 'trouble', '/account'],
  ['settings', 'full', '/settings'],
  ['settings-why', 'full', '/settings', (page) => page.getByText('public_url', { exact: true }).click()],
  ['settings-change', 'full', '/settings', (page) => page.getByText('direct_patch_above', { exact: true }).click()],
  ['settings-locked', 'full', '/settings', (page) => page.getByText('upload_limit', { exact: true }).click()],
  ['settings-late', 'trouble', '/settings'],
  ['settings-plain', 'empty', '/settings'],
  ['settings-none', 'full', '/settings', (page) => page.getByPlaceholder('Search').fill('no such thing')],
  ['seal', 'full', '/seal'],
  ['seal-empty', 'empty', '/seal'],
  ['audit', 'full', '/audit'],
  ['audit-empty', 'empty', '/audit?who=mia&what=user'],
  ['forbidden', 'friend', '/'],
  ['not-here', 'full', '/nowhere'],
  ['api', 'signed-out', '/reference'],
  ['api-operation', 'signed-out', '/reference', (page) => page.getByLabel('Search the operations').fill('post tokens').then(() => page.getByText('/api/v1/tokens', { exact: true }).click())],
  ['gallery', 'full', '/gallery']
];

await mkdir(folder, { recursive: true });
const browser = await launch();
const scenes = new Map();
for (const [, scene] of PAGES) if (!scenes.has(scene)) scenes.set(scene, await mock(scene));

/** One picture; what the page complains of is said. */
async function shoot([name, scene, path, act], [width, height], theme) {
  const complain = (what) => console.error(`${name} ${width} ${theme}: ${what}`);
  const phone = width < 500;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', hasTouch: phone, isMobile: phone });
  const page = await context.newPage();
  page.on('console', (said) => said.type() === 'error' && !/status of (401|404|500)/.test(said.text()) && complain(said.text()));
  page.on('pageerror', complain);
  try {
    await page.goto(scenes.get(scene).url + path);
    await page.locator('main').first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(300);
    if (act) await act(page).then(() => page.waitForTimeout(400));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complain(`the page is ${wide} wide`);
    await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: act === undefined && NAMED === undefined });
  } catch (error) {
    complain(error);
  }
  await context.close();
}

const shots = PAGES.filter(([name]) => !only || name.startsWith(only)).flatMap((page) => SIZES.flatMap((size) => [shoot.bind(null, page, size, 'light'), shoot.bind(null, page, size, 'dark')]));
const workers = Array.from({ length: 3 }, async () => {
  for (let next = shots.shift(); next !== undefined; next = shots.shift()) await next();
});
await Promise.all(workers);
for (const { close } of scenes.values()) close();
await browser.close();
