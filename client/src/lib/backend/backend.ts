import type { Delta, Failure, Reply, Request, Rev } from './types';

/** The engine, wherever it is. What it refuses is thrown as [`Refused`]. */
export interface Backend {
  call(request: Request): Promise<Reply>;
  /** What changed since a revision, once something has. */
  next(since: Rev): Promise<[Rev, Delta[]]>;
  /** The `mist://` link that was opened last, once: `game/…`, `install/…` or `join/…`. */
  link(): Promise<string | undefined>;
  /** Lets the person pick a folder, where the system has a dialog for that. */
  pickFolder: (() => Promise<string | undefined>) | undefined;
  /** Where the picture of a cover is; nothing if it is not here. */
  cover(id: string): string | undefined;
}

/** Before everything. */
export const START: Rev = { run: 0, at: 0 };

/** The engine's "no", as data. */
export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code);
  }
}

/** A failure that has no code of the engine's: the engine itself can't be reached. */
export const lost = (detail: unknown): Refused =>
  new Refused({ code: 'engine_lost', class: 'failed', params: { detail: String(detail) } });

type Kind = Reply['reply'];
type Value<K extends Kind> = Extract<Reply, { reply: K }> extends { value: infer V } ? V : undefined;

/** Asks for something that has an answer of one kind. */
export async function ask<K extends Kind>(backend: Backend, request: Request, kind: K): Promise<Value<K>> {
  const reply = await backend.call(request);
  if (reply.reply !== kind) throw lost('an answer to another request');
  return ('value' in reply ? reply.value : undefined) as Value<K>;
}
