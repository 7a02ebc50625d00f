import adapter from '@sveltejs/adapter-static';

// The pages for tests have a made-up engine and the bridge to a real one in them; those that are shipped have neither.
const forTests = process.env.MIST_PAGES === 'test';
const folder = forTests ? 'build-test' : 'build';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: adapter({ pages: folder, assets: folder, fallback: 'index.html' }),
    // There is no server behind the pages that could answer an address: all of it is after the `#`.
    router: { type: 'hash' }
  }
};
