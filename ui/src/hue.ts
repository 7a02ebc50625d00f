/** A game's hue in degrees: the same for the same key everywhere, and never that of a warning. */
export function hueOf(key: string): number {
  let hash = 2166136261;
  for (const char of key) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  // From 110 (moss) to 340 (rose), around by blue: reds and yellows say that something is wrong.
  return 110 + (hash % 231);
}
