/* What is left to do at a new server, by what is there already. Pure. */
import type { Schemas, Stats } from '$lib/api/client';

export interface Step {
  key: 'address' | 'store' | 'game' | 'key' | 'live' | 'friend';
  done: boolean;
  /** What to do, or what was done. */
  what: string;
  /** Why, or what was found. */
  more: string;
  /** What to type on the PC that has the game. */
  commands?: string[];
}

/** What is known of the server. What could not be read is not there. */
export interface Known {
  stats: Stats;
  settings?: Schemas['ServerSettings'] | undefined;
  seal?: Schemas['Seal'] | undefined;
  accounts?: number | undefined;
  invites?: number | undefined;
  /** Where the portal was opened, and by whom. */
  origin: string;
  name: string;
}

/** What makes a server one that friends can use: a game with a live build, and a friend. */
export const isReady = (stats: Stats, accounts: number | undefined): boolean => stats.games.some((game) => game.live != null) && (accounts === undefined || accounts > 1);

export function steps({ stats, settings, seal, accounts = 1, invites = 0, origin, name }: Known): Step[] {
  const address = settings?.settings.find((setting) => setting.name === 'public_url')?.value;
  const url = (address ?? origin).replace(/\/$/, '');
  const store = stats.stores.find((store) => store.ok);
  const broken = stats.stores.find((store) => !store.ok);
  const game = stats.games[0];
  const live = stats.games.find((game) => game.live != null);
  const hasKey = (seal?.release_keys.length ?? 0) > 0;
  return [
    {
      key: 'address',
      done: address != null,
      what: address != null ? `Friends reach it at ${address}` : 'Say at which address friends reach it',
      more: address != null ? '' : 'Set public_url, so that links to join lead here and the server can check that it answers. At home, in one network, it can wait.'
    },
    {
      key: 'store',
      done: store !== undefined,
      what: store !== undefined ? 'A seed has its store' : 'Start a seed',
      more: store !== undefined ? '' : broken !== undefined ? `Its store can’t be used: ${broken.problem ?? 'it gives no reason'}.` : 'It keeps the builds and does the work. The server runs one by itself, unless it was told not to.'
    },
    { key: 'game', done: game !== undefined, what: game !== undefined ? 'The first game is here' : 'Add the first game', more: game !== undefined ? '' : 'By its title, or by its number on Steam.' },
    {
      key: 'key',
      done: hasKey,
      what: hasKey ? 'Builds are signed by your key' : 'Sign in on the PC that has the game',
      more: hasKey ? '' : 'The first push makes the key that signs your builds. It stays on that PC, and friends trust nothing else.',
      ...(hasKey ? {} : { commands: [`mistpipe login ${url} --user ${name}`] })
    },
    {
      key: 'live',
      done: live !== undefined,
      what: live !== undefined ? 'A build is live' : 'Push the first build',
      more: live !== undefined ? '' : 'Only what changes is sent the next time.',
      ...(live === undefined ? { commands: [`mistpipe push FOLDER --game ${game?.game ?? 'KEY'} --version 1.0`] } : {})
    },
    {
      key: 'friend',
      done: accounts > 1,
      what: accounts > 1 ? 'Somebody else has an account' : invites > 0 ? 'Wait for the friend whom you sent a link' : 'Invite the first friend',
      more: accounts > 1 ? '' : 'A link carries the keys of this server, so that whoever has it joins this one and no other.'
    }
  ];
}
