import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  define: { __TEST_PAGES__: JSON.stringify(process.env.MIST_PAGES === 'test') },
  // What a web view of the oldest system understands that the app runs on.
  build: { target: ['chrome123', 'safari17.5'], manifest: true, assetsInlineLimit: 0 },
  server: { fs: { allow: ['..'] } },
  test: { include: ['src/**/*.test.ts'] }
});
