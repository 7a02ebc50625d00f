import { invoke } from '@tauri-apps/api/core';
import { Refused, lost, type Backend, type Manner, type Release } from './backend';
import type { Delta, Failure, Reply, Request, Rev } from './types';

async function command<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(name, args);
  } catch (error) {
    throw typeof error === 'object' && error !== null && 'code' in error ? new Refused(error as Failure) : lost(error);
  }
}

/** The engine behind the window that these pages are in. */
export const tauri: Backend = {
  call: (request: Request) => command<Reply>('call', { request }),
  next: (since: Rev) => command<[Rev, Delta[]]>('next', { since }),
  link: async () => (await command<string | null>('link')) ?? undefined,
  pickFolder: async () => (await command<string | null>('pick_folder')) ?? undefined,
  program: {
    habits: () => command<[Manner, boolean]>('habits'),
    setHabits: (manner: Manner) => command<void>('set_habits', { manner }),
    quit: () => command<void>('quit'),
    release: () => command<Release>('release'),
    update: () => command<void>('update')
  }
};
