import { expect, test } from 'vitest';
import { all, ask, Failure, failureOf } from './client';

test('a refusal says what failed and why, with the request’s id', () => {
  const failure = failureOf('The game was not added.', 409, { code: 'game_exists', detail: 'there is a game a already', request_id: 'r1' }, null);
  expect(failure).toMatchObject({ kind: 'refused', code: 'game_exists', why: 'There is a game a already.', request: 'r1' });
});

test('a session that is over is told from a wrong password', () => {
  expect(failureOf('', 401, { code: 'sign_in' }, null).kind).toBe('session');
  expect(failureOf('', 401, { code: 'not_signed_in', detail: 'x' }, null).kind).toBe('refused');
});

test('what a proxy answers for a server that is away counts as away', () => {
  expect(failureOf('', 502, '<html>', 'r2')).toMatchObject({ kind: 'away', request: 'r2' });
  expect(failureOf('', 503, { code: 'busy', detail: 'later' }, null).kind).toBe('broken');
});

test('no answer at all is a failure of its own', async () => {
  const gone = ask('It failed.', Promise.reject(new TypeError('fetch failed')));
  await expect(gone).rejects.toMatchObject({ kind: 'away' } satisfies Partial<Failure>);
});

test('lists are read to their end', async () => {
  const pages: Record<string, { entries: number[]; next: string | undefined }> = {
    '': { entries: [1, 2], next: 'a' },
    a: { entries: [3], next: undefined }
  };
  expect(await all(async (after) => pages[after ?? '']!)).toEqual([1, 2, 3]);
});
