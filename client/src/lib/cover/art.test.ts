import { expect, test } from 'vitest';
import { MOTIFS, art } from './art';

test('the same game looks the same everywhere, and other games look otherwise', () => {
  expect(art('paper-boats')).toEqual(art('paper-boats'));
  expect(art('paper-boats').layers).not.toEqual(art('paper-boat').layers);
  expect(art('paper-boats', 30).hue).toBe(30);
});

test('every motif comes up, and no path has a number that is none', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 300; i += 1) {
    const { motif, layers } = art(`game-${i}`);
    seen.add(motif);
    for (const { d } of layers) expect(d).not.toMatch(/NaN|undefined|Infinity/);
  }
  expect(seen.size).toBe(MOTIFS.length);
});
