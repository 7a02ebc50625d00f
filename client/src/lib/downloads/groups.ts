// What is under way, what waits, and how one comes before another. Pure.
import { SOURCES, bytesOf, type BySource } from '@mist/ui/sources';
import type { OperationView } from '../backend';

export interface Groups {
  active: OperationView[];
  queued: OperationView[];
  paused: OperationView[];
  /** Queued and paused ones in order of their turn. */
  waiting: OperationView[];
}

/** `queue` is in order of turn. */
export function groups(queue: readonly OperationView[]): Groups {
  const of = (state: OperationView['state']) => queue.filter((o) => o.state === state);
  return { active: of('running'), queued: of('queued'), paused: of('paused'), waiting: queue.filter((o) => o.state !== 'running') };
}

/** All that operations have received by source. */
export function sum(operations: readonly OperationView[]): Required<BySource> {
  const all: Required<BySource> = { lan: 0, tailnet: 0, internet: 0, seed: 0, https: 0 };
  for (const { network } of operations) if (network) for (const source of SOURCES) all[source] += bytesOf(network.bytes, source);
  return all;
}

/** The operation that one has to be put before, to take its turn one earlier; nothing for the first. */
export const earlier = (id: number, waiting: readonly OperationView[]): number | undefined => {
  const at = waiting.findIndex((o) => o.id === id);
  return at > 0 ? waiting[at - 1]?.id : undefined;
};

/** Where a dragged operation lands: before which one. `to` is a place among those that wait. */
export function landing(id: number, to: number, waiting: readonly OperationView[]): number | undefined {
  const at = waiting.findIndex((o) => o.id === id);
  const before = waiting[to];
  if (at < 0 || before === undefined || before.id === id || to === at + 1) return undefined;
  return before.id;
}
