import { expect, test } from 'vitest';
import { lastScrub, scrubNow, type Store } from './scrub';

const DAY = 86_400_000;
const store = (scrub: Store['scrub'] | undefined, rotten: number[] = []): Store => ({
  seed: 's',
  ok: true,
  problem: null,
  used: 0,
  free: 0,
  public_url: null,
  rotten: rotten.map((pieces) => ({ game: 'g', version: '1', pieces, helpless: true })),
  ...(scrub === undefined ? {} : { scrub })
});
const last = (rotten: number) => ({ began: 0, ended: DAY, read: 4_200_000, rotten });

test('it is said when the store was read and what came of it', () => {
  expect(lastScrub(store(undefined), 0)).toBe('');
  expect(lastScrub(store({ every_days: 0 }), 0)).toBe('Not read as a whole yet. It is read only when somebody asks.');
  expect(lastScrub(store({ every_days: 30, last: last(0) }), 4 * DAY)).toBe('Read as a whole 3 d ago: 4.20 MB, nothing was rotten.');
  expect(lastScrub(store({ every_days: 30, last: last(1) }), 2 * DAY)).toContain('1 piece was rotten, and all was healed.');
  expect(lastScrub(store({ every_days: 30, last: last(5) }, [2, 1]), 2 * DAY)).toContain('5 pieces were rotten, and 3 still are.');
});

test('one under way says how far it is', () => {
  expect(scrubNow(store({ every_days: 30 }))).toBeUndefined();
  const now = scrubNow(store({ every_days: 30, running: { began: 0, done: 50, total: 200, rotten: 2 } }));
  expect(now).toEqual({ share: 0.25, text: 'Being read: 25 % of 200 B, 2 pieces rotten so far' });
});
