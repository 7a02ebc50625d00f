import type { Delta, Failure, Reply, Request, Rev } from './types';

/** What the program does by itself. */
export interface Manner {
  /** It starts with the system, without a window. */
  starts: boolean;
  /** It goes on sharing when its window is closed. */
  stays: boolean;
  /** It tells when nothing is left to be done, if nobody looks at it. */
  tells: boolean;
}

/** What the program is, and whether its group's server offers a newer one. */
export interface Release {
  version: string;
  /** Whether it updates itself; elsewhere the system's package manager does. */
  updates: boolean;
  offered: { version: string; size: number } | null;
  /** Why what is offered is not taken. */
  refused: Failure | null;
}

/** The program around the window. */
export interface Program {
  /** What it does by itself, and whether it can go on without a window. */
  habits(): Promise<[Manner, boolean]>;
  setHabits(manner: Manner): Promise<void>;
  quit(): Promise<void>;
  /** Asks the server, which may take a while. */
  release(): Promise<Release>;
  /** Takes what is offered, and starts anew by it. */
  update(): Promise<void>;
}

/** The engine, wherever it is. What it refuses is thrown as [`Refused`]. */
export interface Backend {
  call(request: Request): Promise<Reply>;
  /** What changed since a revision, once something has. */
  next(since: Rev): Promise<[Rev, Delta[]]>;
  /** The `mist://` link that was opened last, once: `game/…`, `install/…`, or `join/` and the link of an invite. */
  link(): Promise<string | undefined>;
  /** Lets the person pick a folder, where the system has a dialog for that. */
  pickFolder: (() => Promise<string | undefined>) | undefined;
  /** The program that shows the pages, where that is not a browser. */
  program: Program | undefined;
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
