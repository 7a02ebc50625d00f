// What the last reading of a game's files found, if nothing has changed them since. Pure.
import type { OperationView } from '../backend';

export interface Repairable {
  files: string[];
  bytes: number;
}

/** `past` has the newest first. */
export function repairable(past: readonly OperationView[], game: string): Repairable | undefined {
  const last = past.find((o) => o.order.game === game && o.state === 'done');
  if (last?.outcome?.outcome === 'verified') return { files: last.outcome.damaged, bytes: last.outcome.repair_bytes };
  if (last?.outcome?.outcome === 'located') return { files: last.outcome.found.damaged, bytes: last.outcome.found.repair_bytes };
  return undefined;
}
