import { defineConfig } from 'vitest/config';

// What a friend does, in Chromium: on the made-up engine, and on a real one by the bridge.
export default defineConfig({
  test: { include: ['e2e/**/*.e2e.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 90_000, bail: 0 }
});
