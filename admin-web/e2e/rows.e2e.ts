// Ten thousand of everything scroll like ten: by how much is in the page, and by how long its frames take beside those of an empty one.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '@mist/ui/browser';
import { mock } from './mock.mjs';

const LONG = 60_000;
/** The most elements that a page may have, however long its list is. */
const ELEMENTS = 4000;
/** How many steps of a wheel a list is scrolled by. */
const STEPS = 60;
const TRIES = 4;
/** As many rows the portal asks for at once. */
const PAGE = 500;

let browser: Browser;
let server: { url: string; close: () => void };

beforeAll(async () => {
  browser = await launch();
  server = await mock('many');
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

const elements = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);

/** Scrolls, a step in each frame; how many of the frames took longer than two should, and where one is then. */
const scroll = (page: Page, step: number) =>
  page.evaluate(
    async ([steps, step]) => {
      const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
      let [late, before] = [0, await frame()];
      for (let i = 0; i < steps; i += 1) {
        scrollBy(0, step);
        const now = await frame();
        if (now - before > 34) late += 1;
        before = now;
      }
      return { late, at: scrollY };
    },
    [STEPS, step] as const
  );

async function open(path: string, first: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await page.goto(server.url + path);
  await page.getByText(first).first().waitFor({ timeout: LONG });
  return page;
}

/** The best of some tries: others use this machine too. */
async function best(page: Page, step: number): Promise<{ late: number; at: number }> {
  const tries = [];
  for (let i = 0; i < TRIES; i += 1) {
    await page.evaluate(() => scrollTo(0, 0));
    tries.push(await scroll(page, step));
  }
  return tries.reduce((a, b) => (b.late < a.late ? b : a));
}

/** How many frames are late on a page with nothing in it but height, on this machine now. */
async function emptyPage(step: number): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.setContent('<div style="height: 700000px"></div>');
  const { late } = await best(page, step);
  await page.close();
  return late;
}

for (const [name, path, first, last] of [
  ['games', '/games', 'Game 00000', 'Game 09999'],
  ['people', '/people', 'friend-00000', 'friend-09999'],
  ['boxes of who sees a game', '/games/hollow-tide/access', 'friend-00000', 'friend-09999']
] as const) {
  test(`ten thousand ${name} are few elements, and scroll like an empty page`, { timeout: 120_000 }, async () => {
    const page = await open(path, first);
    expect(await elements(page)).toBeLessThan(ELEMENTS);
    const step = 400;
    const [empty, list] = [await emptyPage(step), await best(page, step)];
    expect(list.at, 'the list is as high as all of its rows').toBe(STEPS * step);
    expect(list.late, `late frames, where an empty page has ${empty}`).toBeLessThanOrEqual(empty + STEPS / 2);
    expect(await elements(page)).toBeLessThan(ELEMENTS);
    // The row with the focus stays while one scrolls on, and the keyboard goes on from there.
    const links = page.locator('li[data-place] a');
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByText(first).first().waitFor();
    await links.nth(2).focus();
    const focused = () => page.evaluate(() => document.activeElement?.closest('li')?.getAttribute('data-place'));
    expect(await focused()).toBe('2');
    await page.evaluate(() => scrollTo(0, 300_000));
    await page.waitForFunction(() => [...document.querySelectorAll('li[data-place]')].some((row) => Number(row.getAttribute('data-place')) > 1000));
    expect(await focused()).toBe('2');
    await page.keyboard.press('Tab');
    await page.waitForFunction(() => document.activeElement?.closest('li') !== null);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.getByText(last).first().waitFor({ timeout: LONG });
    const at = await page.locator('li[data-place]').last().evaluate((row) => [row.getAttribute('aria-posinset'), row.getAttribute('aria-setsize')]);
    expect(at).toEqual(['10000', '10000']);
    await page.close();
  });
}

test('the copies of ten thousand live builds are few elements', { timeout: 120_000 }, async () => {
  const page = await open('/swarm', 'Copies');
  await page.locator('li[data-place]').first().waitFor({ timeout: LONG });
  expect(await elements(page)).toBeLessThan(ELEMENTS);
  await page.close();
});

for (const [name, path, first, more] of [
  ['the ladder of a game', '/games/paper-boats', '1.9999', 'Show older ones'],
  ['what changed', '/games/paper-boats/builds/1.9999/changes?from=1.9998', 'data/00000.pak', 'Show more'],
  ['the log', '/audit', 'Who did what', 'Show older ones'],
  ['the files of a build', '/games/paper-boats/builds/2.0.1', 'data/00000.pak', 'Show more']
] as const) {
  test(`${name} comes page by page`, { timeout: 120_000 }, async () => {
    const page = await open(path, first);
    await page.getByRole('button', { name: more }).waitFor({ timeout: LONG });
    const before = await elements(page);
    expect(before).toBeLessThan(ELEMENTS);
    await page.getByRole('button', { name: more }).click();
    await page.waitForFunction((before) => document.querySelectorAll('*').length > before, before);
    await page.close();
  });
}

test('ten thousand jobs come page by page, and are few elements however many came', { timeout: 120_000 }, async () => {
  const page = await open('/jobs', 'Archive of 1.0');
  const all = () => page.locator('li[data-place]').first().getAttribute('aria-setsize');
  const pages = Array.from({ length: 4 }, (_, i) => String((i + 1) * PAGE));
  for (const long of pages) {
    await expect.poll(all, { timeout: LONG }).toBe(long);
    expect(await elements(page)).toBeLessThan(ELEMENTS);
    await page.getByRole('button', { name: 'Show older ones' }).click();
  }
  // No row is over another one, on a phone neither.
  await page.setViewportSize({ width: 360, height: 800 });
  await page.evaluate(() => scrollTo(0, 0));
  const overlap = () => page.locator('li[data-place]').evaluateAll((rows) => rows.some((row) => (row.firstElementChild?.getBoundingClientRect().height ?? 0) > row.getBoundingClientRect().height + 1));
  await expect.poll(overlap, { timeout: LONG }).toBe(false);
  await page.close();
});

test('of a ladder of ten thousand the live build is there, and what going live costs is known', { timeout: 120_000 }, async () => {
  const page = await open('/games/paper-boats', '1.9999');
  await page.locator('[data-version="1.5000"] .state.live').waitFor({ timeout: LONG });
  await page.getByText('4949 builds between').waitFor();
  await page.getByRole('button', { name: 'Make live 1.9999' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Who has 1.5000 fetches').waitFor({ timeout: LONG });
  await dialog.getByText('by 4999 patches').waitFor();
  await page.close();
});
