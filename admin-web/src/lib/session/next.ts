/** Where to go after signing in: only to a page of the portal, which is at `home`. */
export function nextPage(search: URLSearchParams, home: string): string {
  const root = home.replace(/\/$/, '');
  const next = search.get('next') ?? home;
  const inside = next === root || next.startsWith(`${root}/`) || next.startsWith(`${root}?`);
  return inside && !next.includes('//') && !next.includes('\\') && !next.includes('..') ? next : home;
}
