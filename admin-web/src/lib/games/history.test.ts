import { expect, test } from 'vitest';
import { deeds } from './history';

const entry = (action: string, subject: string) => ({ at: 1, actor: 'ada', action, subject });

test('what is about a game is found and said, and nothing of others', () => {
  const log = [
    entry('build.live', 'quake@1.1'),
    entry('user.grant', 'mia quake'),
    entry('game.edit', 'quake'),
    entry('game.reset', 'quake title'),
    entry('game.edit', 'quake-2'),
    entry('build.live', 'quake-2@1.0'),
    entry('user.add', 'mia')
  ];
  expect(deeds(log, 'quake').map((deed) => deed.text)).toEqual([
    'made 1.1 live',
    'let mia see it',
    'changed what is said of it, or who sees it',
    'let Steam’s word stand again for the title'
  ]);
  expect(deeds(log, 'quake')[0]?.build).toBe('1.1');
});

test('what this page has no words for is shown as it is', () => {
  expect(deeds([entry('build.melt', 'quake@1.0')], 'quake')[0]?.text).toBe('build.melt 1.0');
});
