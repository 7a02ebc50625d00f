// Run in a folder of pages after they were built. Fails if a first visit loads more than its budget of JavaScript and CSS, or a page more than its own (gzip).
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIRST = 120_000;
const ROUTE = 60_000;

const kit = pathToFileURL(`${process.cwd()}/.svelte-kit/`);
const client = new URL('output/client/', kit);
/** @type {Record<string, { file: string, imports?: string[], css?: string[], src?: string, name?: string, isEntry?: boolean }>} */
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', client), 'utf8'));

/** Every file that comes with a chunk: itself, what it imports, their styles. */
function closure(key, into = new Set()) {
  const chunk = manifest[key];
  if (chunk === undefined || into.has(chunk.file)) return into;
  into.add(chunk.file);
  for (const style of chunk.css ?? []) into.add(style);
  for (const next of chunk.imports ?? []) closure(next, into);
  return into;
}

const zipped = new Map();
const size = (files) => {
  let sum = 0;
  for (const file of files) {
    if (!zipped.has(file)) zipped.set(file, gzipSync(readFileSync(new URL(file, client)), { level: 9 }).length);
    sum += zipped.get(file);
  }
  return sum;
};

const keys = Object.keys(manifest);
const entry = (end) => keys.find((key) => key.endsWith(end)) ?? fail(`the build has no ${end}: has SvelteKit changed its layout?`);
function fail(why) {
  console.error(`size: ${why}`);
  process.exit(1);
}

const nodes = keys.filter((key) => /\/nodes\/\d+\.js$/.test(key)).sort((a, b) => Number(a.match(/(\d+)\.js$/)[1]) - Number(b.match(/(\d+)\.js$/)[1]));
// Nodes 0, 1 and 2 are the layout, the page for errors and the layout of whoever is signed in; the rest are pages.
const shell = new Set();
for (const key of [entry('runtime/client/entry.js'), entry('client-optimized/app.js'), ...nodes.slice(0, 3)]) closure(key, shell);

let bad = false;
const rows = nodes.slice(3).map((key) => {
  const files = [...closure(key)].filter((file) => !shell.has(file));
  const name = readFileSync(new URL(`../${key}`, kit), 'utf8').match(/src\/routes\/([^"']*)\+page/)?.[1] ?? key;
  const own = size(files);
  const first = size(shell) + own;
  if (first > FIRST || own > ROUTE) bad = true;
  return [`/${name}`.replace('(app)/', ''), first, own];
});
console.log(`shell ${(size(shell) / 1000).toFixed(1)} kB`);
for (const [name, first, own] of rows)
  console.log(`${name.padEnd(20)} first visit ${(first / 1000).toFixed(1).padStart(6)} kB of ${FIRST / 1000}, its own ${(own / 1000).toFixed(1).padStart(5)} of ${ROUTE / 1000}`);
if (bad) fail('a page is over its budget');
