/** A key for a game of this title: lower-case letters, digits and inner hyphens, 64 at most. */
export function slugOf(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
}

export const isSlug = (text: string): boolean => text.length <= 64 && /^[a-z0-9]+(-+[a-z0-9]+)*$/.test(text);

/** The Steam application that was typed: its number, or the address of its page in the store. */
export function appIdOf(text: string): number | undefined {
  const found = /^\s*(?:https?:\/\/store\.steampowered\.com\/app\/)?(\d{1,10})(?:\/.*)?\s*$/.exec(text)?.[1];
  const id = Number(found);
  return found !== undefined && id > 0 && id < 2 ** 32 ? id : undefined;
}
