/*
 * What happens at the server, as it happens. One tab of a browser listens and tells the others, because a browser opens
 * few connections to one server. Events are hints: whoever shows something reads it again when the line comes back.
 */
import type { Event } from '$lib/api/client';

export type Line = 'off' | 'connecting' | 'live' | 'lost';

type Word =
  | { kind: 'event'; event: Event }
  | { kind: 'line'; line: Line }
  | { kind: 'ask' }
  | { kind: 'signed-out' };

const ADDRESS = '/api/v1/events';
const NAME = 'mist-events';

/** A stream that was open for so long was a good one. */
const LASTED = 5000;

/** Milliseconds to wait before the next try: longer each time, at most 15 s. */
export const pause = (tries: number): number => Math.min(15_000, 1000 * 2 ** Math.min(tries, 4));

class Live {
  line = $state<Line>('off');
  /** When the line was lost. */
  lostAt = $state(0);

  #listeners = new Set<(event: Event) => void>();
  #opened = new Set<() => void>();
  #signedOut: () => void = () => {};
  #check: () => void = () => {};
  #openedAt = 0;
  #channel: BroadcastChannel | undefined;
  #source: EventSource | undefined;
  #leads = false;
  #stop: AbortController | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  /** `signedOut` is called when another tab signs out, `check` when the session may be over. */
  start(signedOut: () => void, check: () => void): void {
    if (this.#stop !== undefined) return;
    this.#signedOut = signedOut;
    this.#check = check;
    const stop = new AbortController();
    this.#stop = stop;
    this.#say('connecting');
    const back = () => this.#comeBack();
    addEventListener('online', back, { signal: stop.signal });
    document.addEventListener('visibilitychange', back, { signal: stop.signal });
    if ('locks' in navigator && 'BroadcastChannel' in globalThis) {
      this.#channel = new BroadcastChannel(NAME);
      this.#channel.onmessage = (message: MessageEvent<Word>) => this.#hear(message.data);
      this.#tell({ kind: 'ask' });
      // Whoever holds the lock listens; when that tab closes, the next one in line gets it.
      const lead = () =>
        new Promise<void>((done) => {
          if (stop.signal.aborted) return done();
          this.#leads = true;
          stop.signal.addEventListener('abort', () => done());
          this.#listen();
        });
      navigator.locks.request(NAME, { signal: stop.signal }, lead).catch(() => {});
    } else {
      this.#leads = true;
      this.#listen();
    }
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#leads = false;
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
    this.#channel?.close();
    this.#channel = undefined;
    this.line = 'off';
  }

  /** Hears every event, and each time that the line is open again. */
  subscribe(heard: (event: Event) => void, opened: () => void): () => void {
    this.#listeners.add(heard);
    this.#opened.add(opened);
    return () => {
      this.#listeners.delete(heard);
      this.#opened.delete(opened);
    };
  }

  tellTabs(kind: 'signed-out'): void {
    this.#tell({ kind });
  }

  #tell(word: Word): void {
    this.#channel?.postMessage(word);
  }

  #hear(word: Word): void {
    if (word.kind === 'event') this.#pass(word.event);
    else if (word.kind === 'line' && !this.#leads) this.#turn(word.line);
    else if (word.kind === 'ask' && this.#leads) this.#tell({ kind: 'line', line: this.line });
    else if (word.kind === 'signed-out') this.#signedOut();
  }

  #pass(event: Event): void {
    if (event.event === 'missed') for (const opened of this.#opened) opened();
    else for (const heard of this.#listeners) heard(event);
  }

  #say(line: Line): void {
    this.#turn(line);
    if (this.#leads) this.#tell({ kind: 'line', line });
  }

  #turn(line: Line): void {
    if (line === this.line) return;
    if (line === 'lost') this.lostAt = Date.now();
    this.line = line;
    if (line === 'live') for (const opened of this.#opened) opened();
  }

  #listen(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource(ADDRESS);
    this.#source = source;
    source.onopen = () => {
      this.#openedAt = Date.now();
      // What happened between two streams was told to nobody.
      if (this.line === 'live') {
        this.#tell({ kind: 'event', event: { event: 'missed' } });
        this.#pass({ event: 'missed' });
      } else this.#say('live');
    };
    source.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as Event;
      this.#tell({ kind: 'event', event });
      this.#pass(event);
    };
    source.onerror = () => {
      source.close();
      if (this.#source !== source) return;
      this.#source = undefined;
      if (Date.now() - this.#openedAt > LASTED) this.#tries = 0;
      // A stream that the server ends in good order is opened again at once, without a word about it.
      if (this.line !== 'live' || this.#tries > 0) this.#say('lost');
      this.#retry = setTimeout(() => this.#listen(), this.line === 'live' ? 100 : pause(this.#tries));
      this.#tries += 1;
      // A refusal looks like a broken line from here: this says which it is, and ends a session that is over.
      this.#check();
    };
  }

  /** The tab is seen again, or the network is back: listen now and not at the next try. */
  #comeBack(): void {
    const shares = this.#channel !== undefined;
    if (document.hidden) {
      if (!shares && this.#leads) {
        this.#source?.close();
        this.#source = undefined;
        clearTimeout(this.#retry);
      }
      return;
    }
    if (this.#leads && this.#source === undefined) this.#listen();
    else if (!this.#leads) this.#tell({ kind: 'ask' });
  }
}

export const live = new Live();
