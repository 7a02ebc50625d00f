import { expect, test } from 'vitest';
import { Rates } from './rates';

const by = (lan: number, seed: number) => ({ lan, tailnet: 0, internet: 0, seed, https: 0 });

test('a rate is what came since the last look, and never below nothing', () => {
  const rates = new Rates();
  rates.sample(1000, new Map([[1, by(100, 0)]]), new Map());
  expect(rates.samples).toEqual([]);
  rates.sample(2000, new Map([[1, by(600, 50)], [2, by(9000, 0)]]), new Map([[1, 10]]));
  expect(rates.samples[0]?.rate).toMatchObject({ lan: 500, seed: 50 });
  rates.sample(4000, new Map([[1, by(0, 0)], [2, by(10_000, 0)]]), new Map([[1, 30]]));
  expect(rates.samples[1]).toMatchObject({ rate: { lan: 500, seed: 0 }, disk: 10 });
});

test('what is kept is bounded', () => {
  const rates = new Rates();
  for (let second = 0; second < 500; second += 1) rates.sample(second * 1000, new Map(), new Map());
  expect(rates.samples.length).toBe(120);
});
