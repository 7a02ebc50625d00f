/* Addresses of pages that have a name in them. */
import { resolve } from '$app/paths';

export const toGame = (slug: string): string => resolve('/(app)/games/[slug]', { slug });
export type GameTab = 'builds' | 'details' | 'media' | 'access' | 'history';
export function toGameTab(slug: string, tab: GameTab): string {
  switch (tab) {
    case 'builds':
      return resolve('/(app)/games/[slug]', { slug });
    case 'details':
      return resolve('/(app)/games/[slug]/details', { slug });
    case 'media':
      return resolve('/(app)/games/[slug]/media', { slug });
    case 'access':
      return resolve('/(app)/games/[slug]/access', { slug });
    case 'history':
      return resolve('/(app)/games/[slug]/history', { slug });
  }
}
/** Who takes part in a game's swarm. */
export const toSwarm = (slug: string): string => resolve('/(app)/swarm/[slug]', { slug });
export const toJob = (id: string): string => resolve('/(app)/jobs/[id]', { id });
export const toPerson = (name: string): string => resolve('/(app)/people/[name]', { name });
export const toBuild = (slug: string, version: string): string => resolve('/(app)/games/[slug]/builds/[version]', { slug, version });
/** What changed between two builds, and what each file costs. */
export const toChanges = (slug: string, from: string, to: string): string =>
  `${resolve('/(app)/games/[slug]/builds/[version]/changes', { slug, version: to })}?from=${encodeURIComponent(from)}`;
