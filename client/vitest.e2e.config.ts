import { defineConfig } from 'vitest/config';

// What a friend does: in Chromium, on the made-up engine and on a real one by the bridge; or in the app, which needs a display.
const WHERE = { browser: ['mock', 'bridge'], desktop: ['desktop'], bench: ['bench'] };
const where = (process.env.MIST_E2E ?? 'browser') as keyof typeof WHERE;
const testTimeout = where === 'browser' ? 60_000 : 120_000;
// Each step in the app begins where the one before it ended.
const bail = where === 'desktop' ? 1 : 0;
export default defineConfig({
  // What a page shows is looked at again until it is right: on a busy machine it comes late.
  test: { include: WHERE[where].map((name) => `e2e/${name}.e2e.ts`), fileParallelism: false, testTimeout, hookTimeout: 90_000, bail, expect: { poll: { timeout: 15_000 } } }
});
