import { expect, test } from 'vitest';
import { linkOf, standing, whom, type Invite } from './invites';

const invite = (more: Partial<Invite>): Invite => ({ id: '1', note: '', name: null, reset: false, games: [], uses: 1, used: 0, made_by: 'root', created: 0, expires: 7_200_000, ...more });

test('a link is below the address for friends, or else the one at hand', () => {
  const made = { invite: invite({}), path: 'join/c#k.', address: null };
  expect(linkOf(made, 'http://127.0.0.1:7400')).toBe('http://127.0.0.1:7400/join/c#k.');
  expect(linkOf({ ...made, address: 'https://mist.example/games/' }, 'http://a')).toBe('https://mist.example/games/join/c#k.');
});

test('an invite says for whom it is and what is left of it', () => {
  expect(whom(invite({}))).toBe('Whoever has the link');
  expect(whom(invite({ note: 'LAN night' }))).toBe('LAN night');
  expect(whom(invite({ name: 'mia' }))).toBe('mia');
  expect(whom(invite({ name: 'mia', reset: true }))).toBe('New password for mia');
  expect(standing(invite({}), 0)).toEqual({ look: 'waiting', text: 'good for 2 h 0 min' });
  expect(standing(invite({ uses: 5, used: 2 }), 0).text).toBe('2 of 5 used, good for 2 h 0 min');
  expect(standing(invite({ used: 1 }), 0)).toEqual({ look: 'done', text: 'used' });
  expect(standing(invite({}), 7_200_000)).toEqual({ look: 'off', text: 'over' });
});
