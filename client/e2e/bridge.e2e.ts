// A friend's evening on a real engine, in a browser.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch } from '@mist/ui/browser';
import { PROGRAMS, stage } from '@mist/ui/stage';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { browserHand } from './browser';
import { EVENING, SLOW_SEED, asAdmin, prepare, type Evening } from './evening';
import { pageOf } from '../src/lib/shell/link';
import { BUILD } from './serve.mjs';

let evening: Evening;
let browser: Browser;
let bridge: Bridge;
let page: Page;
const complaints: string[] = [];

interface Bridge {
  url: string;
  token: string;
  child: ChildProcess;
}

async function start(home: string, port = 0): Promise<Bridge> {
  const child = spawn(join(PROGRAMS, 'mist-bridge'), ['--home', home, '--pages', BUILD, '--port', String(port)], { env: { ...process.env, MIST_SECRETS: 'file' }, stdio: ['pipe', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { ...(JSON.parse(value as string) as { url: string; token: string }), child };
}

const ended = (child: ChildProcess) => new Promise<void>((gone) => (child.exitCode === null && child.signalCode === null ? child.once('exit', () => gone()) : gone()));

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), 'mist-bridge-'));
  const [at, chromium] = await Promise.all([stage(SLOW_SEED), launch()]);
  browser = chromium;
  await prepare(at);
  bridge = await start(home);
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  const hand = browserHand(page, () => `${bridge.url}?bridge=${bridge.token}`);
  const crash = async () => {
    const { url, token } = bridge;
    bridge.child.kill('SIGKILL');
    await ended(bridge.child);
    await hand.seen('Mist’s engine does not answer just now');
    bridge = await start(home, Number(new URL(url).port));
    expect(bridge.token).not.toBe(token);
  };
  // In a browser nothing of ours hears of links: the page that the app would show is opened.
  const open = (link: string) => hand.show(`#/${pageOf(link.replace(/^mist:\/\/join\?link=(.*)$/, (_, whole: string) => `join/${decodeURIComponent(whole)}`))}`);
  evening = { at, home, hand, open, crash };
}, 180_000);

afterAll(async () => {
  await browser?.close();
  bridge?.child.stdin?.end();
  if (bridge) await ended(bridge.child);
  await evening?.at.end();
  if (evening) rmSync(evening.home, { recursive: true, force: true });
}, 60_000);

test('nobody is answered without the token of this run', async () => {
  const answer = await fetch(`${bridge.url}call`, { method: 'POST', body: '{"request":"status"}' });
  expect(answer.status).toBe(401);
});

for (const [step, does] of EVENING)
  test(step, async () => {
    onTestFailed(async () => console.error(`the page was ${page.url().split('#')[1] ?? page.url()}:\n${await page.locator('body').innerText()}`));
    await does(evening);
  });

test('a picture comes through the engine, and shows while the server is away', async () => {
  const { at, hand } = evening;
  await at.tell('restart');
  const picture = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 600, height: 900 });
    const paint = canvas.getContext('2d');
    if (!paint) throw new Error('no canvas');
    const sky = paint.createLinearGradient(0, 0, 0, 900);
    for (const [stop, colour] of [[0, '#0b2a3f'], [0.55, '#e08a4a'], [1, '#12202c']] as const) sky.addColorStop(stop, colour);
    paint.fillStyle = sky;
    paint.fillRect(0, 0, 600, 900);
    paint.fillStyle = '#f4ead2';
    paint.fill(new Path2D('M120 620L480 620L400 760L200 760ZM300 250L300 600L150 600Z'));
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
  const login = await fetch(`${at.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user: at.admin, password: at.password }) });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const put = await fetch(`${at.url}/api/v1/games/${at.game}/cover`, { method: 'PUT', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }, body: Buffer.from(picture, 'base64') });
  expect(put.status).toBe(200);
  await hand.show('#/');
  const shown = () => page.locator(`[data-game="${at.game}"] img`).evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalHeight));
  await expect.poll(shown, { timeout: 60_000 }).toEqual([320]);
  await at.tell('kill');
  await page.reload();
  await expect.poll(shown, { timeout: 60_000 }).toEqual([320]);
  if (process.env.MIST_LOOK) await page.screenshot({ path: process.env.MIST_LOOK });
});

test('the page had nothing to complain of', () => {
  expect(complaints).toEqual([]);
});
