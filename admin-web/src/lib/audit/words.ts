/* What the log says, in words. Pure. */
import type { AuditEntry } from '$lib/api/client';

const DAY = 86_400_000;

/** What one can look for: an action, or all of a kind. */
export const KINDS: { action: string; name: string }[] = [
  { action: 'user.sign_in', name: 'Sign-ins' },
  { action: 'user.wrong_code', name: 'Wrong codes' },
  { action: 'factor', name: 'Second factors' },
  { action: 'user', name: 'Accounts' },
  { action: 'invite', name: 'Links' },
  { action: 'session', name: 'Signed out by somebody' },
  { action: 'device', name: 'Devices' },
  { action: 'token', name: 'API tokens' },
  { action: 'game', name: 'Games' },
  { action: 'build', name: 'Builds' },
  { action: 'policy', name: 'What is kept' },
  { action: 'job', name: 'Jobs' },
  { action: 'seed', name: 'Seeds' },
  { action: 'store', name: 'Stores' },
  { action: 'notices', name: 'Notices' },
  { action: 'setting', name: 'Settings' },
  { action: 'release_key', name: 'The release key' }
];

/** Since when one can look. */
export const TERMS: { term: string; name: string; millis: number }[] = [
  { term: 'day', name: 'The last day', millis: DAY },
  { term: 'week', name: 'The last week', millis: 7 * DAY },
  { term: 'month', name: 'The last 30 days', millis: 30 * DAY }
];

const SAID: Record<string, (on: string) => string> = {
  'user.sign_in': (on) => (on === '' ? 'signed in' : `signed in on ${on}`),
  'user.wrong_code': () => 'gave the right password, and a wrong code',
  'user.add': (on) => `made the account ${on}`,
  'user.join': (on) => `joined ${on}`,
  'user.reset': (on) => `set a new password ${on}`,
  'user.reset_link': (on) => `made a link to a new password for ${on}`,
  'user.passwd': (on) => `set a new password for ${on}`,
  'user.own_passwd': () => 'changed their own password',
  'user.scope': (on) => `changed what an account may do: ${on}`,
  'user.disable': (on) => `disabled ${on}`,
  'user.enable': (on) => `enabled ${on}`,
  'user.remove': (on) => `removed the account ${on}`,
  'user.grant': (on) => `let somebody see a game: ${on}`,
  'user.revoke': (on) => `no longer lets somebody see a game: ${on}`,
  'invite.add': (on) => `made a link ${on}`,
  'invite.remove': (on) => `took a link back${on === '' ? '' : `: ${on}`}`,
  'session.end': (on) => `signed ${on} out`,
  'session.end_all': (on) => `signed ${on} out everywhere`,
  'device.remove': (on) => `removed the device ${on}`,
  'token.add': (on) => `made the token ${on}`,
  'token.remove': (on) => `removed the token ${on}`,
  'factor.add': () => 'turned their second factor on',
  'factor.remove': (on) => `turned the second factor of ${on} off`,
  'factor.recovery_used': () => 'signed in by a recovery code',
  'game.new': (on) => `added the game ${on}`,
  'game.edit': (on) => `changed ${on}`,
  'game.remove': (on) => `removed the game ${on}`,
  'game.reset': (on) => `let Steam’s word stand again: ${on}`,
  'game.resync_steam': (on) => `pulled the details of ${on} from Steam`,
  'game.cover': (on) => `gave ${on} a cover`,
  'game.cover_remove': (on) => `took the cover of ${on} away`,
  'policy.game': (on) => `changed which builds are kept: ${on}`,
  'policy.default': (on) => `changed which builds are kept of all games: ${on}`,
  'game.prune': (on) => `pruned ${on}`,
  'build.push': (on) => `pushed ${on}`,
  'build.live': (on) => `made ${on} live`,
  'game.rebuild': (on) => `had ${on} made anew in the stores`,
  'build.schedule': (on) => `set a time to go live for ${on}`,
  'build.unschedule': (on) => `took the time to go live from ${on}`,
  'build.notes': (on) => `wrote what is new in ${on}`,
  'build.pin': (on) => `pinned ${on}`,
  'build.unpin': (on) => `unpinned ${on}`,
  'build.remove': (on) => `removed ${on}`,
  'build.heal': (on) => `had ${on} healed`,
  'job.retry': (on) => `ran a job again: ${on}`,
  'job.cancel': (on) => `cancelled a job: ${on}`,
  'store.scrub': () => 'had every seed read its whole store',
  'seed.add': (on) => `added the seed ${on}`,
  'seed.remove': (on) => `removed the seed ${on}`,
  'notices.webhook': () => 'set where Discord is told',
  'notices.kinds': (on) => `chose what Discord is told${on === '' ? '' : `: ${on}`}`,
  'notices.off': () => 'has Discord told nothing more',
  'setting.change': (on) => `changed a setting: ${on}`,
  'setting.reset': (on) => `set ${on} back to its default`,
  'release_key.register': (on) => `registered the release key ${on}`,
  'release_key.rotate': (on) => `handed over to the release key ${on}`,
  'release_key.recovery': (on) => `made the recovery key ${on}`,
  'release_key.publishers': (on) => `let these sign builds beside the release key: ${on}`
};

/** What somebody did, as the rest of a sentence that begins with their name. */
export const said = ({ action, subject }: AuditEntry): string => SAID[action]?.(subject) ?? `${action} ${subject}`.trim();

/** Whether it is something to look at twice: somebody knows a password who should perhaps not, or a way in was used up. */
export const isNoteworthy = ({ action }: AuditEntry): boolean => action === 'user.wrong_code' || action === 'factor.recovery_used' || action.startsWith('release_key.');

/** What is looked for, as it stands in the address of the page. */
export interface Asked {
  who: string;
  what: string;
  on: string;
  when: string;
}

export const askedBy = (search: URLSearchParams): Asked => ({ who: search.get('who') ?? '', what: search.get('what') ?? '', on: search.get('on') ?? '', when: search.get('when') ?? '' });

/** What the API is asked for; what does not filter is left out. */
export function queryOf({ who, what, on, when }: Asked, now: number): { actor?: string; action?: string; subject?: string; since?: number } {
  const term = TERMS.find((known) => known.term === when);
  return { ...(who && { actor: who }), ...(what && { action: what }), ...(on && { subject: on }), ...(term && { since: now - term.millis }) };
}

/** The rest of the address that asks for this. */
export function searchOf(asked: Asked): string {
  const search = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
  return search.size === 0 ? '' : `?${search}`;
}
