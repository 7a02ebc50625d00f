// What axe finds on a page that is open in a browser.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Finding {
  rule: string;
  /** How much it hinders people: `minor`, `moderate`, `serious` or `critical`. */
  impact: string;
  /** The parts of the page that it is about. */
  parts: string[];
}

/** Everything that hinders somebody on this page. */
export async function findings(page: Page): Promise<Finding[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.map((v) => ({ rule: v.id, impact: v.impact, parts: v.nodes.map((n) => n.html) }));
  });
}

/** What is found as a line each, for a test to hold against nothing. */
export const lines = (found: Finding[], where: string) => found.map((f) => `${where}: ${f.rule}: ${f.parts.join(' ')}`);
