// A hand on a page in Chromium.
import type { Page } from 'playwright-core';
import { LONG, type Hand } from './hand';

/** `address` says where the pages are just now. */
export function browserHand(page: Page, address: () => string): Hand {
  page.context().setDefaultTimeout(LONG);
  const named = (name: string | RegExp) => ({ name, exact: typeof name === 'string' });
  const button = (name: string | RegExp) => page.getByRole('button', named(name)).first();
  return {
    show: async (path) => {
      await page.goto('about:blank');
      await page.goto(`${address()}${path}`);
    },
    fill: async (label, text) => {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.getByLabel(label, { exact: true }).blur();
    },
    tick: (label) => page.getByLabel(label, { exact: true }).check(),
    select: (label, option) => page.getByLabel(label, { exact: true }).selectOption({ label: option }).then(() => undefined),
    press: (name) => button(name).click(),
    answer: (name) => page.getByRole('dialog').getByRole('button', named(name)).click(),
    choose: (name) => page.getByRole('menuitem', { name }).click(),
    follow: (name) => page.getByRole('link', { name }).first().click(),
    seen: (text) => page.getByText(text).first().waitFor({ timeout: LONG }),
    offered: (name) => button(name).waitFor()
  };
}
