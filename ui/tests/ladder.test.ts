import { describe, expect, test } from 'vitest';
import { cheapest, cost, gap, shownOf, type Rung } from '../src/ladder';

const rung = (version: string, sequence: number, patches: [string, number][], more: Partial<Rung> = {}): Rung => ({
  version,
  sequence,
  state: 'ready',
  live: false,
  content: 1000,
  files: 3,
  created: 0,
  kept: 'whole',
  patches: patches.map(([from, size]) => ({ from, size })),
  ...more
});

describe('the cheapest way', () => {
  const rungs = [
    rung('1', 1, [['2', 7]]),
    rung('2', 2, [['1', 10]]),
    rung('3', 3, [
      ['2', 10],
      ['1', 25]
    ]),
    rung('4', 4, [['3', 1]], { state: 'processing' })
  ];

  test('is a chain if that is less than the direct patch', () => {
    expect(cheapest(rungs, '1', '3')).toEqual({ bytes: 20, by: ['1', '2', '3'] });
  });
  test('may lead back', () => {
    expect(cheapest(rungs, '2', '1')).toEqual({ bytes: 7, by: ['2', '1'] });
  });
  test('is none where no patch leads', () => {
    expect(cheapest(rungs, '3', '1')).toBeUndefined();
  });
  test('never leads over a build that is not ready', () => {
    expect(cheapest(rungs, '1', '4')).toBeUndefined();
  });
  test('to where one is costs nothing', () => {
    expect(cheapest(rungs, '2', '2')).toEqual({ bytes: 0, by: ['2'] });
  });
  test('agrees with trying every path', () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round += 1) {
      const n = 2 + random(5);
      const made = Array.from({ length: n }, (_, i) => {
        const froms = Array.from({ length: n }, (_, j) => j).filter((j) => j !== i && random(3) === 0);
        return rung(String(i), i, froms.map((j) => [String(j), 1 + random(50)]));
      });
      const walk = (at: string, seen: string[]): number =>
        at === '0'
          ? 0
          : Math.min(
              Infinity,
              ...(made.find((r) => r.version === at)?.patches ?? [])
                .filter((p) => !seen.includes(p.from))
                .map((p) => p.size + walk(p.from, [...seen, p.from]))
            );
      for (const to of made) expect(cheapest(made, '0', to.version)?.bytes ?? Infinity).toBe(walk(to.version, [to.version]));
    }
  });
});

test('going live costs a patch where one leads, else the whole build', () => {
  const rungs = [rung('1', 1, [['2', 7]]), rung('2', 2, [['1', 10]], { live: true }), rung('3', 3, [])];
  expect(cost(rungs, '1')).toMatchObject({ from: '2', update: 7, patched: true, back: true });
  expect(cost(rungs, '3')).toMatchObject({ update: 1000, patched: false, back: false });
  expect(cost(rungs, '9')).toBeUndefined();
});

test('rungs stand further apart the larger the patch, within bounds', () => {
  expect([gap(10), gap(1e6), gap(1e9), gap(1e15)]).toEqual([24, 48, 72, 72]);
});

test('of a long ladder the newest are shown, and the live one wherever it is', () => {
  const sorted = Array.from({ length: 10 }, (_, i) => rung(String(10 - i), 10 - i, [], { live: i === 6 }));
  const told = (newest: number) => shownOf(sorted, newest, (r) => r.live).map((one) => `${one.rung.version} ${one.between} ${one.below?.version ?? '-'}`);
  expect(told(3)).toEqual(['10 0 9', '9 0 8', '8 3 4', '4 0 -']);
  expect(told(6)).toEqual(['10 0 9', '9 0 8', '8 0 7', '7 0 6', '6 0 5', '5 0 4', '4 0 -']);
  expect(told(50)).toHaveLength(10);
});

test('the way along ten thousand builds is found at once', () => {
  const long = Array.from({ length: 10_000 }, (_, i) => rung(String(i), i, i === 0 ? [] : [[String(i - 1), 1]]));
  const began = performance.now();
  expect(cheapest(long, '0', '9999')?.bytes).toBe(9999);
  expect(performance.now() - began).toBeLessThan(2000);
});
