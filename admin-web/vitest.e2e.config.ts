import { defineConfig } from 'vitest/config';

// What a person does, in Chromium, at a real server: `npm run e2e --workspace admin-web`, once both are built.
export default defineConfig({
  // What a page shows is looked at again until it is right: on a busy machine it comes late.
  test: { include: ['e2e/**/*.e2e.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 90_000, bail: 1, expect: { poll: { timeout: 15_000 } } }
});
