import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    // One page that runs everything: the tracker answers every address below /admin with it.
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: true }),
    paths: { base: '/admin', relative: false },
    version: { pollInterval: 60_000 }
  }
};
