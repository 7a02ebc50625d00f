import { moment } from '@mist/ui/format';
import { api, ask } from '$lib/api/client';
import { toasts } from '$lib/toast.svelte';
import { remember } from './moves';

/**
 * Lets a build go live by itself at a time.
 *
 * @throws {Failure}
 */
export async function schedule(game: string, version: string, at: number): Promise<void> {
  await ask('No time was set.', api.PUT('/api/v1/games/{slug}/live', { params: { path: { slug: game } }, body: { version, at } }));
  toasts.say({ text: `${version} goes live by itself at ${moment(at)}.` });
}

/**
 * Makes a build what friends get, and offers to undo that.
 *
 * @throws {Failure}
 */
export async function makeLive(game: string, from: string | undefined, to: string): Promise<void> {
  await ask('It was not made live.', api.PUT('/api/v1/games/{slug}/live', { params: { path: { slug: game } }, body: { version: to } }));
  if (from === undefined) {
    toasts.say({ text: `${to} is live.` });
    return;
  }
  remember(game, from, to, Date.now());
  toasts.say({
    text: `${to} is live instead of ${from}.`,
    action: {
      label: 'Undo',
      run: () => void makeLive(game, to, from).catch((cause: unknown) => toasts.say({ text: String((cause as Error).message), bad: true }))
    }
  });
}
