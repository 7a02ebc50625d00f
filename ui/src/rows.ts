/* Which rows of a long list are in the page: those that are seen, some around them, and the one that has the focus. Pure. */

/** Lists up to this long are in the page as a whole. */
export const WHOLE = 200;
/** Rows above and below what is seen. */
const AROUND = 12;

/**
 * The places of the rows of `count`, each `height` high, where the list begins `top` below the upper edge of a window that is `seen` high.
 * `held` is the place of the row with the focus, which stays wherever one scrolls.
 */
export function shown(count: number, height: number, top: number, seen: number, held?: number): number[] {
  if (count <= WHOLE) return Array.from({ length: count }, (_, at) => at);
  const first = Math.min(count, Math.max(0, Math.floor(-top / height) - AROUND));
  const end = Math.min(count, Math.max(first, Math.ceil((seen - top) / height) + AROUND));
  const places = Array.from({ length: end - first }, (_, at) => first + at);
  if (held !== undefined && held >= 0 && held < count && (held < first || held >= end)) {
    // In the order of the list, which is that of the keyboard.
    if (held < first) places.unshift(held);
    else places.push(held);
  }
  return places;
}
