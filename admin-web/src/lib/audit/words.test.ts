import { expect, test } from 'vitest';
import { askedBy, isNoteworthy, queryOf, said, searchOf } from './words';

const entry = (action: string, subject: string) => ({ at: 0, actor: 'root', action, subject });

test('what was done is said, and what is not known is shown as it is', () => {
  expect(said(entry('user.sign_in', 'Firefox on Linux'))).toBe('signed in on Firefox on Linux');
  expect(said(entry('user.sign_in', ''))).toBe('signed in');
  expect(said(entry('build.live', 'a@1'))).toBe('made a@1 live');
  expect(said(entry('of.tomorrow', 'x'))).toBe('of.tomorrow x');
});

test('a wrong code behind a right password is marked', () => {
  expect(isNoteworthy(entry('user.wrong_code', 'root'))).toBe(true);
  expect(isNoteworthy(entry('user.sign_in', ''))).toBe(false);
});

test('what is looked for stands in the address, and only that is asked for', () => {
  const none = askedBy(new URLSearchParams());
  expect([queryOf(none, 1e12), searchOf(none)]).toEqual([{}, '']);
  const asked = askedBy(new URLSearchParams('who=mia&what=user&on=paper+boats&when=week'));
  expect(queryOf(asked, 1e12)).toEqual({ actor: 'mia', action: 'user', subject: 'paper boats', since: 1e12 - 7 * 86_400_000 });
  expect(askedBy(new URLSearchParams(searchOf(asked)))).toEqual(asked);
  expect(queryOf({ ...none, when: 'century' }, 1e12)).toEqual({});
});
