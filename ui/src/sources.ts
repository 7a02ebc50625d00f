/* Where bytes come from, from the nearest to the last resort. */

export const SOURCES = ['lan', 'tailnet', 'internet', 'seed', 'https'] as const;
export type Source = (typeof SOURCES)[number];
/** Bytes by source. Servers before the class `internet` know none of it. */
export type BySource = Record<Exclude<Source, 'internet'>, number> & { internet?: number };

export const bytesOf = (bytes: BySource, source: Source): number => bytes[source] ?? 0;

export const SOURCE_NAME: Record<Source, string> = {
  lan: 'Same network',
  tailnet: 'Tailnet',
  internet: 'Friends elsewhere',
  seed: 'Seed',
  https: 'HTTPS'
};

export const total = (bytes: BySource): number => SOURCES.reduce((sum, source) => sum + bytesOf(bytes, source), 0);

/** What friends gave each other, and so never left the server. */
export const fromFriends = (bytes: BySource): number => bytes.lan + bytes.tailnet + bytesOf(bytes, 'internet');
