import { expect, test } from 'vitest';
import { easyPassword, nameProblem, passwordProblem } from './password';

test('a password is read out in groups, and every letter can be drawn', () => {
  let n = 0;
  const seen = new Set<string>();
  for (let round = 0; round < 16; round += 1) {
    const password = easyPassword((bytes) => bytes.forEach((_, i) => (bytes[i] = n++)));
    expect(password).toMatch(/^([a-z0-9]{4}-){3}[a-z0-9]{4}$/);
    for (const letter of password) seen.add(letter);
  }
  expect(seen.size).toBe(33);
  expect(passwordProblem(easyPassword())).toBeUndefined();
});

test('names and passwords are refused before they are sent', () => {
  expect(['', 'mia', 'm.i-a_2'].map(nameProblem)).toEqual([undefined, undefined, undefined]);
  expect(['Mia', '-a', 'a'.repeat(33)].every((name) => nameProblem(name) !== undefined)).toBe(true);
  expect([passwordProblem('short'), passwordProblem('äöüß')]).toEqual(['Use 8 to 1024 characters.', undefined]);
});
