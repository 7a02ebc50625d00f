/* The builds of a game as rungs, and what it costs to get from one to another. Pure. */

export interface Patch {
  from: string;
  size: number;
}

export interface Rung {
  version: string;
  sequence: number;
  state: 'uploading' | 'processing' | 'ready' | 'failed';
  live: boolean;
  /** Sum of the files' sizes. */
  content: number;
  files: number;
  created: number;
  kept: 'whole' | 'replay' | 'reverse' | 'lost';
  /** Direct patches that end here. */
  patches: Patch[];
  /** What is new in it. */
  notes?: string;
  pinned?: boolean;
  /** When it goes live by itself. */
  liveAt?: number | undefined;
}

export interface Way {
  /** Bytes of all patches on the way. */
  bytes: number;
  /** Builds that are passed, the first and the last included. */
  by: string[];
}

/** How a build is reached in the cheapest way that is known yet. */
interface Step {
  bytes: number;
  before: string | undefined;
}

/** The builds on the way to one, the first and the last included. */
function walked(best: ReadonlyMap<string, Step>, to: string): string[] {
  const by: string[] = [];
  for (let at: string | undefined = to; at !== undefined; at = best.get(at)?.before) by.push(at);
  return by.reverse();
}

/** The cheapest way by patches from one build to another; none if no patches lead there. */
export function cheapest(rungs: readonly Rung[], from: string, to: string): Way | undefined {
  // By where they begin: a ladder may have thousands of rungs.
  const leaving = new Map<string, { to: string; size: number }[]>();
  for (const { version, state, patches } of rungs) {
    if (state !== 'ready') continue;
    for (const patch of patches) {
      const known = leaving.get(patch.from);
      if (known) known.push({ to: version, size: patch.size });
      else leaving.set(patch.from, [{ to: version, size: patch.size }]);
    }
  }
  const best = new Map<string, Step>([[from, { bytes: 0, before: undefined }]]);
  const open = new Set([from]);
  while (open.size > 0) {
    let here: string | undefined;
    for (const version of open)
      if (here === undefined || (best.get(version)?.bytes ?? 0) < (best.get(here)?.bytes ?? 0)) here = version;
    if (here === undefined) return undefined;
    open.delete(here);
    const bytes = best.get(here)?.bytes ?? 0;
    if (here === to) return { bytes, by: walked(best, to) };
    for (const patch of leaving.get(here) ?? []) {
      const known = best.get(patch.to);
      if (known === undefined || bytes + patch.size < known.bytes) {
        best.set(patch.to, { bytes: bytes + patch.size, before: here });
        open.add(patch.to);
      }
    }
  }
  return undefined;
}

/** What making a build live costs a friend who has the one that is live now. */
export interface Cost {
  from: string | undefined;
  to: string;
  /** Bytes that such a friend fetches; of the whole build if no patch leads there. */
  update: number;
  /** Whether that is by patches. */
  patched: boolean;
  /** Builds on the way, if there are any between. */
  by: string[];
  /** Bytes of a first install at most. */
  install: number;
  /** Whether friends go back to an older build. */
  back: boolean;
}

/** What it costs to get to a build from another one, or from the live one. */
export function cost(rungs: readonly Rung[], to: string, from?: string): Cost | undefined {
  const target = rungs.find((r) => r.version === to);
  if (target === undefined) return undefined;
  const start = rungs.find((r) => (from === undefined ? r.live : r.version === from));
  const way = start === undefined ? undefined : cheapest(rungs, start.version, to);
  return {
    from: start?.version,
    to,
    update: way?.bytes ?? target.content,
    patched: way !== undefined,
    by: way?.by ?? [],
    install: target.content,
    back: start !== undefined && start.sequence > target.sequence
  };
}

/** How far apart two rungs stand, in pixels: further the larger the patch, by its order of magnitude. */
export function gap(patch: number | undefined): number {
  if (patch === undefined) return 44;
  return Math.round(24 + Math.min(48, Math.max(0, Math.log10(Math.max(1, patch)) - 3) * 8));
}

/** The patch that leads from the rung below to a rung. */
export const stepUp = (rung: Rung, below: Rung | undefined): number | undefined =>
  below === undefined ? undefined : rung.patches.find((p) => p.from === below.version)?.size;

/** A rung that is in the page, and how many are left out between it and the next lower one that is. */
export interface Shown {
  rung: Rung;
  below: Rung | undefined;
  between: number;
}

/** The rungs in the page, of those that are sorted by how new they are: so many of the newest, and the marked one wherever it is. */
export function shownOf(sorted: readonly Rung[], newest: number, marked: (rung: Rung) => boolean): Shown[] {
  const places = sorted.flatMap((rung, place) => (place < newest || marked(rung) ? [place] : []));
  return places.flatMap((place, i) => {
    const [rung, next] = [sorted[place], places[i + 1]];
    if (rung === undefined) return [];
    return [{ rung, below: next === undefined ? undefined : sorted[next], between: next === undefined ? 0 : next - place - 1 }];
  });
}
