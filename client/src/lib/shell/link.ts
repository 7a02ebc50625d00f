// Which page a `mist://` link shows. Pure: a link names something, and the rest is the person's.

/** The page, without the `#/` before it; nothing for what is no link of ours. */
export function pageOf(link: string | undefined): string | undefined {
  const [, kind, rest] = /^(game|install|join)\/(.+)$/.exec(link ?? '') ?? [];
  if (kind === undefined || rest === undefined) return undefined;
  if (kind === 'join') return `join?link=${encodeURIComponent(rest)}`;
  if (!/^[a-z0-9-]{1,64}$/.test(rest)) return undefined;
  return kind === 'install' ? `game/${rest}?ask=install` : `game/${rest}`;
}

const read = (text: string): URL | undefined => (URL.canParse(text.trim()) ? new URL(text.trim()) : undefined);

/** The server that an address or the link of an invite is for, as people call it. */
export function serverOf(link: string): string | undefined {
  const url = read(link);
  const web = url?.protocol === 'mist:' ? read(url.searchParams.get('link') ?? '') : url;
  return web && /^https?:$/.test(web.protocol) && web.host !== '' ? web.host : undefined;
}
