// Limits as people write them: megabytes a second. Pure.

/** Bytes a second, `null` for no limit, nothing for what is no number. */
export function limit(typed: string): number | null | undefined {
  const text = typed.trim().replace(',', '.');
  if (text === '' || text === 'none') return null;
  const megabytes = Number(text);
  if (!Number.isFinite(megabytes) || megabytes <= 0 || megabytes > 100_000) return undefined;
  // Less than a kilobyte a second would be no transfer at all.
  return Math.max(1000, Math.round(megabytes * 1e6));
}

export const written = (bytes: number | null): string => (bytes === null ? '' : String(Number((bytes / 1e6).toFixed(3))));
