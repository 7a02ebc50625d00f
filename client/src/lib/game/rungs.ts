// Builds as the ladder shows them. Pure.
import type { Rung } from '@mist/ui';
import type { Build } from '../backend';

export const rungs = (builds: readonly Build[]): Rung[] =>
  builds.map((b) => ({
    version: b.version,
    sequence: b.sequence,
    state: b.state,
    live: b.live,
    liveAt: b.live_at ?? undefined,
    content: b.content_size,
    files: b.files,
    created: b.created,
    kept: b.kept ?? 'whole',
    patches: b.patches.map((p) => ({ from: p.from, size: p.blob.size }))
  }));
