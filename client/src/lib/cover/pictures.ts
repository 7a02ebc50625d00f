// Pictures that pages have shown: a few hundred stay at hand as addresses that the page itself made, the others are asked for again.
import { ask, type Backend } from '../backend';

/** Pictures that stay at hand. */
const AT_HAND = 300;

/** Things by name, of which those that were used least recently go first. */
export class Recent<T> {
  #held = new Map<string, T>();

  constructor(
    readonly most: number,
    readonly gone: (thing: T) => void
  ) {}

  get(name: string): T | undefined {
    const thing = this.#held.get(name);
    if (thing === undefined) return undefined;
    this.#held.delete(name);
    this.#held.set(name, thing);
    return thing;
  }

  set(name: string, thing: T): void {
    const before = this.#held.get(name);
    if (before !== undefined) this.gone(before);
    this.#held.delete(name);
    this.#held.set(name, thing);
    for (const [oldest, old] of this.#held) {
      if (this.#held.size <= this.most) return;
      this.#held.delete(oldest);
      this.gone(old);
    }
  }
}

const urls = new Recent<string>(AT_HAND, (url) => URL.revokeObjectURL(url));
const name = (slug: string, id: string, small: boolean) => `${slug} ${id} ${small ? 'small' : 'large'}`;

/** The picture as an address, if it is at hand. */
export const atHand = (slug: string, id: string, small: boolean): string | undefined => urls.get(name(slug, id, small));

/** Asks the engine for a picture; nothing while it is not here. */
export async function picture(backend: Backend, slug: string, id: string, small: boolean): Promise<string | undefined> {
  const known = atHand(slug, id, small);
  if (known !== undefined) return known;
  const found = await ask(backend, { request: 'cover', game: slug, small }, 'cover');
  if (found === null || found.id !== id) return undefined;
  const bytes = Uint8Array.from(atob(found.jpeg), (c) => c.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }));
  urls.set(name(slug, id, small), url);
  return url;
}
