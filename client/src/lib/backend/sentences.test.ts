import { expect, test } from 'vitest';
import table from '../../../core/src/messages.json';
import { sentence } from './sentences';

test('a failure says what happened and what to do, in the words of an app', () => {
  expect(sentence({ code: 'not_installed', class: 'not_found', params: { game: 'doom' } })).toEqual({ what: 'doom is not installed.', next: 'Install it first.' });
  expect(sentence({ code: 'of_tomorrow', class: 'failed', params: { message: 'the server says so' } }).what).toBe('the server says so');
});

test('a cause has a row of its own, and bytes are shown as people read them', () => {
  const slots = Object.values(table).filter((row) => /\{\w+:bytes\}/.test(row.text));
  expect(slots.length).toBeGreaterThan(0);
  const [code = ''] = Object.entries(table).find(([, row]) => /\{needed:bytes\}/.test(row.text)) ?? [];
  const [plain = '', cause] = code.split('/');
  expect(sentence({ code: plain, class: 'failed', params: { needed: '5000000000', ...(cause === undefined ? {} : { cause }) } }).what).toContain('5.00 GB');
});

test('no sentence that people read in a window names a command', () => {
  for (const code of Object.keys(table)) {
    const [plain = '', cause] = code.split('/');
    const { what, next } = sentence({ code: plain, class: 'failed', ...(cause === undefined ? {} : { params: { cause } }) });
    expect(`${what} ${next ?? ''}`, code).not.toMatch(/\bmist [a-z]+ |--[a-z]|same command/);
  }
});
