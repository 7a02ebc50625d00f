/* Something that is read from the server, shown at once if it was read before, and kept true. */
import { onDestroy, untrack } from 'svelte';
import { Failure, type Event } from '$lib/api/client';
import { live } from './live.svelte';

export class Resource<T> {
  data = $state.raw<T>();
  failure = $state.raw<Failure>();
  /** When `data` was read. */
  at = $state(0);
  busy = $state(false);

  /** How many show it, and so hear of its changes. */
  users = 0;

  #read: () => Promise<T>;
  #again = false;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it again; once more after that if it is called meanwhile. */
  async refetch(): Promise<void> {
    if (this.busy) {
      this.#again = true;
      return;
    }
    this.busy = true;
    try {
      do {
        this.#again = false;
        this.data = await this.#read();
        this.failure = undefined;
        this.at = Date.now();
      } while (this.#again);
    } catch (cause) {
      this.failure =
        cause instanceof Failure ? cause : new Failure('broken', 'This page could not be made.', String(cause), 'portal');
    } finally {
      this.busy = false;
    }
  }

  /** Changes what is shown by what an event says; the next reading has the last word. */
  patch(change: (data: T) => T): void {
    if (this.data !== undefined) this.data = change(this.data);
  }
}

let kept = new Map<string, Resource<unknown>>();

/** Drops everything that was read. */
export function forget(): void {
  kept = new Map();
}

/**
 * What `read` reads, for a component. `hint` says of an event whether to read again, or patches.
 * It is read on first use, on return, and each time that the line to the server opens.
 */
export function use<T>(key: string, read: () => Promise<T>, hint: (event: Event, resource: Resource<T>) => boolean): Resource<T> {
  const resource = (kept.get(key) as Resource<T> | undefined) ?? new Resource(read);
  kept.set(key, resource as Resource<unknown>);
  // While nobody showed it, nobody heard of its changes.
  if (resource.users === 0) void untrack(() => resource.refetch());
  resource.users += 1;
  $effect(() => {
    let due: ReturnType<typeof setTimeout> | undefined;
    // Several events of one change lead to one reading.
    const soon = (wait: number) => (due ??= setTimeout(() => ((due = undefined), void resource.refetch()), wait));
    const left = live.subscribe(
      (event) => hint(event, resource) && soon(250),
      () => soon(0)
    );
    return () => {
      clearTimeout(due);
      left();
    };
  });
  onDestroy(() => (resource.users -= 1));
  return resource;
}
