/* Addresses of pages that have a name in them. */
import { resolve } from '$app/paths';

export const toGame = (slug: string): string => resolve('/(app)/games/[slug]', { slug });
export const toJob = (id: string): string => resolve('/(app)/jobs/[id]', { id });
export const toPerson = (name: string): string => resolve('/(app)/people/[name]', { name });
