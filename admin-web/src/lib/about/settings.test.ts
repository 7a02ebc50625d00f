import { expect, test } from 'vitest';
import { inForce, isFree, parts, whereToChange, type Setting, type Shown } from './settings';

const setting = (name: string, more: Partial<Setting> = {}): Setting => ({
  name,
  help: 'Something.',
  value: 'x',
  secret: false,
  source: 'default',
  given_by: null,
  default: 'x',
  variable: `MIST_${name.toUpperCase()}`,
  flag: `--${name.replaceAll('_', '-')}`,
  live: false,
  takes: 'TEXT',
  ...more
});

test('each setting stands in one part, and one that is not known in the last', () => {
  const all = ['workers', 'listen', 'of_tomorrow', 'public_url'].map((name) => setting(name));
  expect(parts(all, '', 'all').map((part) => [part.title, part.settings.map((s) => s.name)])).toEqual([
    ['How it is reached', ['listen', 'public_url']],
    ['The seed in this server', ['workers']],
    ['The rest', ['of_tomorrow']]
  ]);
});

test('one looks for words of name, help and value, and for what somebody set', () => {
  const all = [setting('listen', { help: 'Where to listen for HTTP.' }), setting('public_url', { source: 'file', value: 'https://mist.example' })];
  const found = (wanted: string, shown: Shown = 'all') => parts(all, wanted, shown).flatMap((part) => part.settings.map((s) => s.name));
  expect(found('http')).toEqual(['listen', 'public_url']);
  expect(found('public url')).toEqual(['public_url']);
  expect(found('LISTEN for')).toEqual(['listen']);
  expect(found('', 'given')).toEqual(['public_url']);
  expect(found('nothing of that kind')).toEqual([]);
});

test('a secret is told to be set and never shown', () => {
  const secret = { secret: true, value: null, default: 'memory', flag: null };
  expect(inForce(setting('redis', { ...secret, source: 'environment' })).text).toBe('set, and never shown');
  expect(inForce(setting('redis', secret)).text).toBe('memory');
  expect(inForce(setting('public_url', { value: null, default: 'none' })).text).toBe('none');
});

test('what set it is named, with where to change it', () => {
  const at = (more: Partial<Setting>, file: string | null = '/etc/mist.toml') => whereToChange(setting('keep_free', more), file);
  expect(at({ source: 'flag', given_by: '--keep-free' })).toContain('flag --keep-free');
  expect(at({ source: 'environment', given_by: 'MIST_KEEP_FREE' })).toContain('MIST_KEEP_FREE of the server’s environment');
  expect(at({ source: 'file', given_by: '/etc/mist.toml' })).toContain('keep_free in /etc/mist.toml');
  expect(at({})).toContain('add a line keep_free to /etc/mist.toml');
  expect(at({}, null)).not.toContain('line');
  expect(at({ secret: true })).toContain('MIST_KEEP_FREE_FILE');
});

test('what takes effect at once is free, unless something else gives it', () => {
  expect([setting('listen'), setting('days', { live: true }), setting('days', { live: true, source: 'portal' }), setting('days', { live: true, source: 'flag' })].map(isFree)).toEqual([false, true, true, false]);
  const locked = setting('days', { live: true, source: 'flag', given_by: '--days' });
  expect(whereToChange(locked, null)).toMatch(/flag --days.*could be changed here/);
  expect(whereToChange(setting('listen', { source: 'flag' }), null)).not.toContain('could be changed here');
  expect(parts([setting('listen'), setting('days', { live: true })], '', 'free').flatMap((part) => part.settings.map((s) => s.name))).toEqual(['days']);
});
