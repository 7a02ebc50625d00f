import { defineConfig } from 'vitest/config';

// What a person does, in Chromium, at a real server: `npm run e2e --workspace admin-web`, once both are built.
export default defineConfig({
  test: { include: ['e2e/**/*.e2e.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 90_000, bail: 1 }
});
