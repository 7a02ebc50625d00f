// What stands where a game has no picture: a small scene in its hue, the same for the same game everywhere. Pure.
import { hueOf } from '@mist/ui/hue';

export const MOTIFS = ['waves', 'peaks', 'moon', 'reeds', 'rings', 'isles'] as const;
export type Motif = (typeof MOTIFS)[number];

export interface Layer {
  /** Path in a box of 200 by 300. */
  d: string;
  /** How deep it is in the scene: 0 is the furthest. */
  depth: number;
}

export interface Art {
  hue: number;
  /** The sky's second hue. */
  other: number;
  motif: Motif;
  sun: { x: number; y: number; r: number };
  layers: Layer[];
  stars: { x: number; y: number; r: number }[];
}

/** Numbers from 0 to 1 that depend on a name alone. */
function dice(name: string): () => number {
  let state = 2166136261;
  for (const char of name) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const at = (n: number): string => n.toFixed(1);

/** A curve through points, closed along the bottom. */
function hill(points: [number, number][], sharp: boolean): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let d = `M0 300V${at(first[1])}`;
  let [x0, y0] = first;
  for (const [x, y] of rest) {
    const middle = (x0 + x) / 2;
    d += sharp ? `L${at(x)} ${at(y)}` : `C${at(middle)} ${at(y0)} ${at(middle)} ${at(y)} ${at(x)} ${at(y)}`;
    [x0, y0] = [x, y];
  }
  return `${d}V300Z`;
}

function line(roll: () => number, base: number, swing: number, steps: number): [number, number][] {
  return Array.from({ length: steps + 1 }, (_, i) => [(200 / steps) * i, base + (roll() - 0.5) * 2 * swing]);
}

const ring = (x: number, y: number, rx: number, ry: number, width: number): string => {
  const oval = (a: number, b: number, sweep: number) => `M${at(x - a)} ${at(y)}A${at(a)} ${at(b)} 0 1 ${sweep} ${at(x + a)} ${at(y)}A${at(a)} ${at(b)} 0 1 ${sweep} ${at(x - a)} ${at(y)}Z`;
  return oval(rx, ry, 1) + oval(rx - width, Math.max(0.1, ry - width * (ry / rx)), 0);
};

function layers(motif: Motif, roll: () => number): Layer[] {
  const depths = [0, 1, 2, 3, 4];
  switch (motif) {
    case 'waves':
      return depths.map((depth) => ({ depth, d: hill(line(roll, 150 + depth * 27, 16 - depth * 2, 3 + depth), false) }));
    case 'peaks':
      return depths.map((depth) => ({ depth, d: hill(line(roll, 128 + depth * 32, 46 - depth * 9, 5 + depth), depth < 3) }));
    case 'moon':
      return depths.map((depth) => ({ depth, d: hill(line(roll, 190 + depth * 20, 9, 2 + depth), false) }));
    case 'reeds':
      return depths.map((depth) => {
        let d = hill(line(roll, 214 + depth * 18, 6, 3), false);
        for (let i = 0; i < 5 + depth * 2; i += 1) {
          const x = roll() * 200;
          const tall = 60 + roll() * (50 + depth * 22);
          const lean = (roll() - 0.5) * 26;
          const foot = 236 + depth * 16;
          const w = 1.2 + depth * 0.5;
          d += `M${at(x - w)} ${foot}Q${at(x)} ${at(foot - tall * 0.6)} ${at(x + lean)} ${at(foot - tall)}Q${at(x + w)} ${at(foot - tall * 0.5)} ${at(x + w)} ${foot}Z`;
        }
        return { depth, d };
      });
    case 'rings': {
      const y = 196 + roll() * 16;
      const x = 70 + roll() * 60;
      return [{ depth: 0, d: hill([[0, 150], [200, 150]], false) }, ...[3, 2, 1, 0].map((n, i) => ({ depth: i + 1, d: ring(x, y, 150 - (3 - n) * 40, 48 - (3 - n) * 13, 5) }))];
    }
    case 'isles':
      return depths.map((depth) => {
        const y = 176 + depth * 25;
        let d = `M0 300V${at(y)}H200V300Z`;
        for (let i = 0; i < 2; i += 1) {
          const x = roll() * 200;
          const w = 26 + roll() * 44;
          const tall = (10 + roll() * 34) * (1 - depth * 0.14);
          d += `M${at(x - w)} ${at(y)}C${at(x - w * 0.5)} ${at(y)} ${at(x - w * 0.4)} ${at(y - tall)} ${at(x)} ${at(y - tall)}C${at(x + w * 0.5)} ${at(y - tall)} ${at(x + w * 0.3)} ${at(y)} ${at(x + w)} ${at(y)}Z`;
        }
        return { depth, d };
      });
  }
}

export function art(slug: string, hue = hueOf(slug)): Art {
  const roll = dice(slug);
  const motif = MOTIFS[Math.floor(roll() * MOTIFS.length)] ?? 'waves';
  const sun = { x: 40 + roll() * 120, y: (motif === 'moon' ? 92 : 66) + roll() * 44, r: motif === 'moon' ? 38 + roll() * 14 : 13 + roll() * 14 };
  const other = hue + (roll() < 0.5 ? -1 : 1) * (26 + roll() * 34);
  const made = layers(motif, roll);
  const stars = Array.from({ length: 16 }, () => ({ x: roll() * 200, y: roll() * 130, r: 0.4 + roll() * 0.8 }));
  return { hue, other, motif, sun, layers: made, stars };
}
