// Run in a folder of pages after they were built into `build` (or the folder that is named). Writes policy.txt there, the
// content security policy that they are to be sent with, and fails if what was
// built can't live under it. It allows the one inline script and the one style attribute of SvelteKit, by their hashes.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const build = pathToFileURL(`${process.cwd()}/${process.argv[2] ?? 'build'}/`);
const html = readFileSync(new URL('index.html', build), 'utf8');
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const problems = [];

const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script);
if (scripts.length !== 1) problems.push(`there are ${scripts.length} inline scripts where SvelteKit has one`);
if (/<style[\s>]/.test(html)) problems.push('there is an inline style sheet');
if (/\sstyle="/.test(html)) problems.push('there is a style attribute in the page');
if (/\son[a-z]+="/.test(html)) problems.push('there is an inline handler');
if (/(?:src|href)="(?:https?:)?\/\//.test(html)) problems.push('something is loaded from elsewhere');

// Style attributes in the templates of components: the line that SvelteKit reads titles out by, and no other.
const styles = new Set();
for (const file of readdirSync(new URL('_app/', build), { recursive: true }))
  if (file.endsWith('.js'))
    for (const [, style] of readFileSync(new URL(`_app/${file}`, build), 'utf8').matchAll(/<[a-z][^<>]*\sstyle="([^"<>]*)"/g)) styles.add(style);
const unknown = [...styles].filter((style) => !style.startsWith('position: absolute; left: 0; top: 0; clip: rect(0 0 0 0)'));
for (const style of unknown) problems.push(`a component has the style attribute "${style}": use a class, or the style directive`);

for (const problem of problems) console.error(`csp: ${problem}`);
if (problems.length > 0) process.exit(1);

const policy = [
  "default-src 'none'",
  `script-src 'self' ${scripts.map(hash).join(' ')}`,
  `style-src 'self' 'unsafe-hashes' ${[...styles].map(hash).join(' ')}`,
  "img-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
];
writeFileSync(new URL('policy.txt', build), policy.join('; '));
