/* Where a game's cover is. Pure. */
import { hueOf } from '@mist/ui';
import type { Game } from '$lib/api/client';

type Shown = Pick<Game, 'slug' | 'cover'>;

/** The address of a game's cover; one that was fetched stays with the browser, because another picture has another address. */
export const coverOf = (game: Shown, size: 'large' | 'small'): string | undefined =>
  game.cover == null ? undefined : `/api/v1/games/${game.slug}/cover/${game.cover.id}${size === 'small' ? '?size=small' : ''}`;

/** A game's hue: that of its cover, or else one that follows from its key. */
export const hueOfGame = (game: Shown): number => game.cover?.hue ?? hueOf(game.slug);
