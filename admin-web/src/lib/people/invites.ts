/* What invites are, in words. Pure. */
import { duration } from '@mist/ui/format';
import type { Schemas } from '$lib/api/client';

export type Invite = Schemas['Invite'];
export type Made = Schemas['MadeInvite'];

/** The whole link: below the server's address for friends, or the one by which this browser reaches it. */
export const linkOf = (made: Made, origin: string): string => `${(made.address ?? origin).replace(/\/+$/, '')}/${made.path}`;

/** For whom it is. */
export const whom = (invite: Invite): string => {
  if (invite.name !== null && invite.name !== undefined) return invite.reset ? `New password for ${invite.name}` : invite.name;
  return invite.note === '' ? 'Whoever has the link' : invite.note;
};

/** Whether it is good for something still, and what is to be said of it. */
export function standing(invite: Invite, now: number): { look: 'waiting' | 'done' | 'off'; text: string } {
  if (invite.used >= invite.uses) return { look: 'done', text: invite.uses === 1 ? 'used' : `used ${invite.uses} times` };
  if (invite.expires <= now) return { look: 'off', text: 'over' };
  const left = `good for ${duration(Math.floor((invite.expires - now) / 60_000) * 60_000)}`;
  return { look: 'waiting', text: invite.uses === 1 ? left : `${invite.used} of ${invite.uses} used, ${left}` };
}
