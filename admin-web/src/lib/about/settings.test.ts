import { expect, test } from 'vitest';
import { inForce, parts, whereToChange, type Setting } from './settings';

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
  ...more
});

test('each setting stands in one part, and one that is not known in the last', () => {
  const all = ['workers', 'listen', 'of_tomorrow', 'public_url'].map((name) => setting(name));
  expect(parts(all, '', false).map((part) => [part.title, part.settings.map((s) => s.name)])).toEqual([
    ['How it is reached', ['listen', 'public_url']],
    ['The seed in this server', ['workers']],
    ['The rest', ['of_tomorrow']]
  ]);
});

test('one looks for words of name, help and value, and for what somebody set', () => {
  const all = [setting('listen', { help: 'Where to listen for HTTP.' }), setting('public_url', { source: 'file', value: 'https://mist.example' })];
  const found = (wanted: string, given = false) => parts(all, wanted, given).flatMap((part) => part.settings.map((s) => s.name));
  expect(found('http')).toEqual(['listen', 'public_url']);
  expect(found('public url')).toEqual(['public_url']);
  expect(found('LISTEN for')).toEqual(['listen']);
  expect(found('', true)).toEqual(['public_url']);
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
