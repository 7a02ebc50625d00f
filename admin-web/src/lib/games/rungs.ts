import type { Rung } from '@mist/ui';
import type { Build } from '$lib/api/client';

/** Builds, as the ladder shows them. */
export const rungs = (builds: readonly Build[]): Rung[] =>
  builds.map((build) => ({
    version: build.version,
    sequence: build.sequence,
    state: build.state,
    live: build.live,
    content: build.content_size,
    files: build.files,
    created: build.created,
    kept: build.kept ?? 'whole',
    notes: build.notes ?? '',
    pinned: build.pinned ?? false,
    liveAt: build.live_at ?? undefined,
    patches: build.patches.map((patch) => ({ from: patch.from, size: patch.blob.size }))
  }));
