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

test('who has signed in is signed in for the pages too, though the news of it come later', async () => {
  vi.useFakeTimers();
  const server = { url: 'https://mist.example.org', user: 'ana' };
  const news = [{ topic: 'connection', online: false, server: null }, { topic: 'connection', online: true, server }];
  const engine: Backend = {
    call: async (request) => (request.request === 'login' ? { reply: 'signed_in', value: { server: server.url, user: 'ana' } } : library(GAME)) as unknown as Reply,
    next: async (since: Rev) => {
      if (since.at >= news.length) return new Promise<never>(() => {});
      if (since.at > 0) await new Promise((done) => setTimeout(done, 2000));
      return [{ run: 1, at: since.at + 1 }, [news[since.at]]] as never;
    },
    link: async () => undefined,
    pickFolder: undefined,
    program: undefined
  };
  const desk = new Desk(engine);
  const end = desk.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(desk.signedIn).toBe(false);
  let known: unknown;
  void desk.signIn({ request: 'login', url: server.url, user: 'ana', password: '', device: '', trust_new_server: false, code: null }).then(() => (known = [desk.signedIn, desk.library]));
  await vi.advanceTimersByTimeAsync(1000);
  expect(known).toBeUndefined();
  await vi.advanceTimersByTimeAsync(4000);
  end();
  expect(known).toEqual([true, [GAME]]);
});
