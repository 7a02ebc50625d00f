import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` asks a tracker that runs here, or the one that MIST_TRACKER names.
const tracker = process.env.MIST_TRACKER ?? 'http://127.0.0.1:7400';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  build: { target: ['chrome123', 'firefox121', 'safari17.5'], manifest: true, assetsInlineLimit: 0 },
  server: { proxy: { '/api': tracker } },
  test: { include: ['src/**/*.test.ts'] }
});
