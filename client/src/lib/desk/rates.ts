// How fast bytes come, from what came in all. Pure.
import { SOURCES, bytesOf, type BySource } from '@mist/ui/sources';

export interface Sample {
  /** Seconds since the epoch. */
  at: number;
  rate: Required<BySource>;
  disk: number;
}

const NONE: Required<BySource> = { lan: 0, tailnet: 0, internet: 0, seed: 0, https: 0 };
/** Samples that are kept: two minutes. */
const KEPT = 120;

export class Rates {
  #before: { at: number; bytes: Map<number, BySource>; disk: Map<number, number> } | undefined;
  #samples: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Takes note of what has come by now, by operation. One that was not there before adds nothing yet. */
  sample(at: number, bytes: Map<number, BySource>, disk: Map<number, number>): void {
    const before = this.#before;
    this.#before = { at, bytes, disk };
    if (before === undefined || at <= before.at) return;
    const seconds = (at - before.at) / 1000;
    const rate = { ...NONE };
    for (const [id, now] of bytes) {
      const then = before.bytes.get(id);
      if (then === undefined) continue;
      for (const source of SOURCES) rate[source] += Math.max(0, bytesOf(now, source) - bytesOf(then, source)) / seconds;
    }
    let written = 0;
    for (const [id, now] of disk) written += Math.max(0, now - (before.disk.get(id) ?? now)) / seconds;
    this.#samples = [...this.#samples.slice(-KEPT + 1), { at: at / 1000, rate, disk: written }];
  }
}
