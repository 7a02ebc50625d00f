// Which page a `mist://` link shows. Pure: a link names something, and the rest is the person's.

/** The page, without the `#/` before it; nothing for what is no link of ours. */
export function pageOf(link: string | undefined): string | undefined {
  const [, kind, rest] = /^(game|install|join)\/(.+)$/.exec(link ?? '') ?? [];
  if (kind === undefined || rest === undefined) return undefined;
  if (kind === 'join') return `sign-in?server=${encodeURIComponent(rest)}`;
  if (!/^[a-z0-9-]{1,64}$/.test(rest)) return undefined;
  return kind === 'install' ? `game/${rest}?ask=install` : `game/${rest}`;
}
