import { expect, test } from 'vitest';
import { rate } from './sampled.svelte';

const bytes = (lan: number) => ({ lan, tailnet: 0, internet: 0, seed: 0, https: 0 });

test('a rate is what came between two readings, by the second', () => {
  expect(rate({ at: 0, bytes: bytes(10) }, { at: 2000, bytes: bytes(30) }).lan).toBe(10);
});

test('a server that counts anew sends nothing back', () => {
  expect(rate({ at: 0, bytes: bytes(10) }, { at: 1000, bytes: bytes(0) }).lan).toBe(0);
});
