import { afterEach, expect, test, vi } from 'vitest';
import type { Backend, LibraryItem, Reply, Request, Rev } from '../backend';
import { Desk } from './desk.svelte';

const GAME = { game: { slug: 'paper-boats', title: 'Paper Boats' } } as unknown as LibraryItem;

/** An engine that knows one server, and whose answers to questions for the library are these, in turn. */
class Engine implements Backend {
  asked = 0;
  pickFolder = undefined;
  program = undefined;

  constructor(readonly answers: (() => Promise<Reply>)[]) {}

  async call(request: Request): Promise<Reply> {
    if (request.request !== 'library') return { reply: 'operations', value: [] } as unknown as Reply;
    return this.answers[Math.min(this.asked++, this.answers.length - 1)]!();
  }

  async link() {
    return undefined;
  }

  cover() {
    return undefined;
  }

  async next(since: Rev) {
    if (since.at > 0) return new Promise<never>(() => {});
    const connection = { topic: 'connection', online: true, server: { user: 'ana' } };
    return [{ run: 1, at: 1 }, [connection]] as never;
  }
}

const library = (...items: LibraryItem[]) => ({ reply: 'library', value: items }) as unknown as Reply;
const fails = () => Promise.reject(new Error('the engine was busy'));

afterEach(() => vi.useRealTimers());

test('a library that could not be read is read again', async () => {
  vi.useFakeTimers();
  const desk = new Desk(new Engine([fails, fails, async () => library(GAME)]));
  const end = desk.start();
  await vi.advanceTimersByTimeAsync(3000);
  end();
  expect(desk.library).toEqual([GAME]);
});

test('an older answer does not take the place of a newer one', async () => {
  vi.useFakeTimers();
  const late = () => new Promise<Reply>((done) => setTimeout(() => done(library()), 500));
  const desk = new Desk(new Engine([late, async () => library(GAME)]));
  const end = desk.start();
  await vi.advanceTimersByTimeAsync(100);
  void desk.readLibrary();
  await vi.advanceTimersByTimeAsync(2000);
  end();
  expect(desk.library).toEqual([GAME]);
});
