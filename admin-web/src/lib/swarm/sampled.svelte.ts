import { bytesOf, SOURCES, type BySource } from '@mist/ui/sources';

export interface Point {
  at: number;
  rate: BySource;
}

/** How many readings a graph shows. */
const SHOWN = 180;

/** What came a second between two readings. Counts that went back, after a restart, are taken for none. Pure. */
export function rate(before: { at: number; bytes: BySource }, now: { at: number; bytes: BySource }): BySource {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  return Object.fromEntries(SOURCES.map((source) => [source, Math.max(0, bytesOf(now.bytes, source) - bytesOf(before.bytes, source)) / seconds])) as BySource;
}

/** Rates since the page was opened, from the server's counts. */
export class Sampled {
  points = $state.raw<Point[]>([]);
  #last: { at: number; bytes: BySource } | undefined;

  read(at: number, bytes: BySource): void {
    if (this.#last && at > this.#last.at)
      this.points = [...this.points, { at: at / 1000, rate: rate(this.#last, { at, bytes }) }].slice(-SHOWN);
    this.#last = { at, bytes };
  }
}
