// A job that fails, in a real browser at a real server: its log says why, the cause is put right, and it is run again. And one that is cancelled.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '@mist/ui/browser';
import { stage, type Stage } from '@mist/ui/stage';

const LONG = 30_000;

let at: Stage;
let browser: Browser;
let page: Page;

const main = () => page.getByRole('main');
const log = () => page.getByRole('log', { name: 'Log' });
/** What state the page of a job says that it is in. */
const stateIs = (state: string) => main().locator('dl').getByText(state, { exact: true }).waitFor({ timeout: LONG });

beforeAll(async () => {
  [at, browser] = await Promise.all([stage(), launch()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(LONG);
  await page.goto(`${at.url}/admin/games`);
  await page.getByLabel('Name').fill(at.admin);
  await page.getByLabel('Password').fill(at.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/games$/);
  await page.getByRole('button', { name: 'Add a game' }).click();
  await page.getByLabel('Title, or Steam application').fill('Paper Boats');
  await page.getByRole('button', { name: 'Add' }).last().click();
  await page.waitForURL(/\/games\/paper-boats$/);
});

afterAll(async () => {
  await browser?.close();
  await at?.end();
});

test('a job that failed is seen, says why, and succeeds once the cause is put right', { timeout: 120_000 }, async () => {
  await at.tell('push 1.0');
  await at.tell('hide 1.0 data/new.pak');
  await at.tell('push 1.1');

  // Home says so, and leads there.
  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByRole('list', { name: 'What needs you' }).getByText(/gave up|given up|failed/).first().waitFor();
  await page.getByRole('list', { name: 'What needs you' }).getByRole('link').first().click();
  await page.waitForURL(/\/jobs\?show=failed$/);
  await page.getByRole('link', { name: /Patch from 1\.0 to 1\.1/ }).click();
  await stateIs('given up');
  await page.getByRole('heading', { name: 'Why it was given up' }).waitFor();
  await expect.poll(() => main().locator('pre').textContent()).toContain('new.pak');
  await log().getByText('given up: another try is of no use').waitFor();

  // Without the cause put right, it fails again.
  await page.getByRole('button', { name: 'Run it again' }).click();
  await expect.poll(() => log().getByText('given up: another try is of no use').count(), { timeout: LONG }).toBe(2);
  await stateIs('given up');

  await at.tell('mend');
  await page.getByRole('button', { name: 'Run it again' }).click();
  await stateIs('done');
  await log().getByText(/^done in /).waitFor();
  await expect.poll(() => page.getByRole('heading', { name: 'Why it was given up' }).count()).toBe(0);
  await page.goto(`${at.url}/admin/games/paper-boats`);
  await page.getByRole('link', { name: /^patch of .*from 1\.0 to 1\.1/ }).waitFor();
});

test('a job is cancelled, and can be run again', { timeout: 180_000 }, async () => {
  const pushed = at.tell('push 1.2 64');
  await page.goto(`${at.url}/admin/jobs?show=open`);
  await page.getByRole('link', { name: /Patch from 1\.1 to 1\.2/ }).click();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Run it again' }).waitFor();
  await stateIs('given up');
  await log().getByText(/cancelled/).first().waitFor();
  await pushed;
  await page.getByRole('button', { name: 'Run it again' }).click();
  await stateIs('done');
});
