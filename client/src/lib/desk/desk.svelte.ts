import { getContext, setContext } from 'svelte';
import { START, ask, type Backend, type Control, type LibraryItem, type OperationView, type Order, type Request, type Rev, type SignedIn } from '../backend';
import { Rates, type Sample } from './rates';
import { after, empty, items, open, type Item, type State } from './state';

/** Between questions for news, so that pages are drawn anew a few times a second and not more often. */
const CALM = 250;
const RETRY = 1000;
/** How long who changed something waits for the news of it. */
const PATIENCE = 10_000;

const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));

/** What the pages know of the engine. It asks for news as long as the window is there. */
export class Desk {
  state = $state.raw<State>(empty());
  library = $state.raw<LibraryItem[]>([]);
  /** Numbers of the operations that have not ended, in order of their turn. */
  order = $state.raw<number[]>([]);
  samples = $state.raw<readonly Sample[]>([]);
  now = $state(Date.now());
  /** Whether anything was heard yet. */
  ready = $state(false);
  /** Why the engine can't be reached just now. */
  lost = $state.raw<unknown>();
  readonly queue = $derived(open(this.state.operations.values(), this.order));
  readonly items = $derived(items(this.library, this.state, this.queue));
  readonly #bySlug = $derived(new Map(this.items.map((item) => [item.slug, item])));
  readonly past = $derived([...this.state.operations.values()].filter((o) => o.ended !== null).sort((a, b) => (b.ended ?? 0) - (a.ended ?? 0)));
  readonly online = $derived(this.state.connection?.online ?? false);
  readonly server = $derived(this.state.connection?.server ?? undefined);
  /** Whether somebody is signed in. */
  readonly signedIn = $derived(this.server?.user != null);
  readonly running = $derived(this.queue.filter((o) => o.state === 'running'));
  readonly rate = $derived(this.running.reduce((sum, o) => sum + (o.network?.rate ?? 0), 0));
  #rates = new Rates();
  #on = false;
  // What these pages may know an older state of than the engine.
  #orderDue = false;
  #libraryDue = false;
  #reading: Promise<void> | undefined;
  /** Who waits for news. */
  #waiting: (() => void)[] = [];

  constructor(readonly backend: Backend) {}

  item(slug: string): Item | undefined {
    return this.#bySlug.get(slug);
  }

  operation(id: number): OperationView | undefined {
    return this.state.operations.get(id);
  }

  /** Begins to listen; what it returns ends that. */
  start(): () => void {
    this.#on = true;
    void this.#listen();
    const clock = setInterval(() => this.#tick(), 1000);
    return () => {
      this.#on = false;
      clearInterval(clock);
    };
  }

  async #listen(): Promise<void> {
    let rev: Rev = START;
    while (this.#on) {
      try {
        const [next, deltas] = await this.backend.next(rev);
        const before = this.state;
        const state = after(before, deltas, next.run !== rev.run);
        rev = next;
        this.state = state;
        this.lost = undefined;
        for (const told of this.#waiting.splice(0)) told();
        this.#orderDue ||= deltas.some((d) => d.topic === 'operation');
        this.#libraryDue ||= state.catalogue !== before.catalogue || state.connection?.server?.user !== before.connection?.server?.user;
        await this.#readWhatIsDue();
        this.ready = true;
        await pause(CALM);
      } catch (error) {
        this.lost = error;
        await pause(RETRY);
      }
    }
  }

  /** Asks for what changed. What can't be had now stays due, and is asked for again within a second. */
  #readWhatIsDue(): Promise<void> {
    return (this.#reading ??= this.#readUntilNothingIsDue().finally(() => (this.#reading = undefined)));
  }

  // One question after the other, so that no older answer takes the place of a newer one.
  async #readUntilNothingIsDue(): Promise<void> {
    while (this.#orderDue || this.#libraryDue) {
      const [order, library] = [this.#orderDue, this.#libraryDue];
      this.#orderDue = this.#libraryDue = false;
      try {
        if (order) this.order = (await ask(this.backend, { request: 'operations' }, 'operations')).filter((o) => o.ended === null).map((o) => o.id);
        // Who is signed out sees what is on this machine.
        if (library) this.library = this.state.connection?.server ? await ask(this.backend, { request: 'library' }, 'library') : [];
      } catch {
        this.#orderDue ||= order;
        this.#libraryDue ||= library;
        return;
      }
    }
  }

  readLibrary(): Promise<void> {
    this.#libraryDue = true;
    return this.#readWhatIsDue();
  }

  /** Signs in. These pages know of it when it returns: an answer may come before the news. */
  async signIn(request: Request & { request: 'login' | 'join' }): Promise<SignedIn> {
    const signed = await ask(this.backend, request, 'signed_in');
    await this.#until(() => this.server?.user === signed.user && this.server.url === signed.server);
    await this.readLibrary();
    return signed;
  }

  async signOut(): Promise<void> {
    await ask(this.backend, { request: 'logout' }, 'done');
    await this.#until(() => !this.signedIn);
    await this.readLibrary();
  }

  /** Waits until the news say so, or for [`PATIENCE`]. */
  async #until(holds: () => boolean): Promise<void> {
    let late = false;
    const bound = setTimeout(() => {
      late = true;
      for (const told of this.#waiting.splice(0)) told();
    }, PATIENCE);
    while (!holds() && !late) await new Promise<void>((told) => this.#waiting.push(told));
    clearTimeout(bound);
  }

  #tick(): void {
    this.now = Date.now();
    void this.#readWhatIsDue();
    const running = this.running;
    if (running.length === 0 && (this.samples.at(-1)?.at ?? 0) < this.now / 1000 - 60) return;
    const networks = new Map(running.flatMap((o) => (o.network ? [[o.id, o.network.bytes] as const] : [])));
    const disks = new Map(running.flatMap((o) => (o.disk ? [[o.id, o.disk.done] as const] : [])));
    this.#rates.sample(this.now, networks, disks);
    this.samples = this.#rates.samples;
  }

  submit(order: Order): Promise<number> {
    return ask(this.backend, { request: 'submit', order }, 'submitted');
  }

  async control(id: number, control: Control): Promise<void> {
    await ask(this.backend, { request: 'control', id, control }, 'done');
    this.#orderDue = true;
    await this.#readWhatIsDue();
  }

  async play(game: string, entry: string | null = null, args: string[] = []): Promise<void> {
    await ask(this.backend, { request: 'play', game, entry, args }, 'done');
  }

  async stop(game: string): Promise<void> {
    await ask(this.backend, { request: 'stop_game', game }, 'done');
  }
}

const KEY = Symbol('desk');
export const provideDesk = (desk: Desk): Desk => setContext(KEY, desk);
export const useDesk = (): Desk => getContext(KEY);
