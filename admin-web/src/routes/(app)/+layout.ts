import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { Failure } from '$lib/api/client';
import { session } from '$lib/session/session.svelte';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ url }) => {
  try {
    const me = await session.look();
    if (me === undefined) {
      const next = url.pathname.replace(/\/$/, '') === resolve('/').replace(/\/$/, '') ? '' : `?next=${encodeURIComponent(url.pathname + url.search)}`;
      redirect(307, `${resolve('/sign-in')}${next}`);
    }
    return { away: undefined };
  } catch (cause) {
    if (cause instanceof Failure) return { away: cause };
    throw cause;
  }
};
