// How a made-up operation goes on over time: the same each time. Pure.
import type { BytesBySource, OperationView, Phase } from '../backend';
import { by } from './library';

/** What an operation is going to do. */
export interface Course {
  /** Bytes to fetch. */
  download: number;
  /** Bytes that the disk deals with in a phase. */
  disk: number;
  phases: Phase[];
}

const DISK_RATE = 420e6;

/** Bytes a second that come from each kind of source, a while after the start: friends join one by one. */
export function rates(seconds: number): BytesBySource {
  const wave = (period: number, shift: number) => 0.75 + 0.25 * Math.sin((seconds / period + shift) * 2 * Math.PI);
  return by(
    seconds > 2 ? 58e6 * wave(11, 0.1) : 0,
    seconds > 6 ? 9e6 * wave(7, 0.4) : 0,
    seconds > 9 ? 4e6 * wave(5, 0.7) : 0,
    seconds < 4 ? 21e6 * wave(9, 0) : 6e6 * wave(9, 0),
    seconds > 20 && seconds < 28 ? 3e6 : 0
  );
}

const sum = (b: BytesBySource): number => b.lan + b.tailnet + (b.internet ?? 0) + b.seed + b.https;

/** The phase after this one; nothing at the end. */
const following = (course: Course, phase: Phase): Phase | undefined => course.phases[course.phases.indexOf(phase) + 1];

/** An operation some milliseconds later; `undefined` once it has done everything. */
export function later(o: OperationView, course: Course, millis: number, spent: number): OperationView | undefined {
  const phase = o.phase ?? course.phases[0];
  if (phase === undefined) return undefined;
  const seconds = millis / 1000;
  if (phase === 'downloading') {
    const now = rates(spent);
    const known = o.network?.bytes ?? by(0);
    const left = course.download - (o.network?.done ?? 0);
    const part = Math.min(1, left / Math.max(1, sum(now) * seconds));
    const add = (a: number, b: number) => Math.round(a + b * seconds * part);
    const bytes = by(add(known.lan, now.lan), add(known.tailnet, now.tailnet), add(known.internet ?? 0, now.internet ?? 0), add(known.seed, now.seed), add(known.https, now.https));
    const done = Math.min(course.download, part < 1 ? course.download : sum(bytes));
    const rate = Math.round(sum(now));
    const sources = [now.lan, now.lan, now.tailnet, now.internet ?? 0, now.seed, now.https].filter((r) => r > 0).length;
    const next: OperationView = { ...o, phase, disk: { done, total: course.download }, network: { done, total: course.download, bytes, rate, eta: Math.round((course.download - done) / rate), sources } };
    return done < course.download ? next : moved(next, course, phase);
  }
  const done = Math.min(course.disk, (o.disk?.done ?? 0) + DISK_RATE * seconds);
  const next: OperationView = { ...o, phase, disk: { done, total: course.disk } };
  return done < course.disk ? next : moved(next, course, phase);
}

function moved(o: OperationView, course: Course, phase: Phase): OperationView | undefined {
  const next = following(course, phase);
  if (next === undefined) return undefined;
  const network = o.network ? { ...o.network, rate: 0, eta: null, sources: 0 } : null;
  return { ...o, phase: next, disk: null, network };
}
