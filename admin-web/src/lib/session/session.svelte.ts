import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { api, ask, onSessionOver, type Failure, type Me } from '$lib/api/client';
import { live } from '$lib/live/live.svelte';
import { forget } from '$lib/live/resource.svelte';

/** Who is signed in here. The session itself is a cookie that no script can read. */
class Session {
  me = $state.raw<Me>();

  /** Asks who is signed in; nobody if the answer is that somebody has to sign in. */
  async look(): Promise<Me | undefined> {
    if (this.me !== undefined) return this.me;
    try {
      this.me = await ask('Who is signed in could not be read.', api.GET('/api/v1/me'));
    } catch (failure) {
      if ((failure as Failure).kind !== 'session') throw failure;
    }
    return this.me;
  }

  async signIn(user: string, password: string, code: string): Promise<Me> {
    forget();
    this.me = await ask('You are not signed in.', api.POST('/api/v1/auth/browser', { body: { user, password, device: browserName(), ...(code === '' ? {} : { code }) } }));
    return this.me;
  }

  async signOut(): Promise<void> {
    await ask('You are still signed in.', api.DELETE('/api/v1/auth/browser'));
    live.tellTabs('signed-out');
    this.left();
    await goto(resolve('/sign-in'));
  }

  /** The session is over: what was read under it goes, and the page to come back to is kept. */
  over(): void {
    if (this.me === undefined) return;
    const next = location.pathname + location.search;
    this.left();
    void goto(`${resolve('/sign-in')}?over=1&next=${encodeURIComponent(next)}`);
  }

  left(): void {
    this.me = undefined;
    live.stop();
    forget();
  }
}

/** What the list of sessions calls this browser. */
function browserName(): string {
  const agent = navigator.userAgent;
  const name = /Firefox\//.test(agent) ? 'Firefox' : /Edg\//.test(agent) ? 'Edge' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : 'A browser';
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux/.exec(agent)?.[0] ?? '';
  return system === '' ? name : `${name} on ${system.replace(' OS X', '')}`;
}

export const session = new Session();
onSessionOver(() => session.over());
