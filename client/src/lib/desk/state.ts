// What the feed says, put together. Pure.
import type { Connection, Delta, GameStatus, LibraryItem, LimitsNow, OperationView, Owner, Play, ScanView, Settings, Thrift } from '../backend';

export interface State {
  owner: Owner | undefined;
  connection: Connection | undefined;
  settings: Settings | undefined;
  /** The limits that count now. */
  limits: LimitsNow | undefined;
  /** Why what is to be fetched waits, if it does. */
  thrift: Thrift | null;
  games: Map<string, GameStatus>;
  plays: Map<string, Play>;
  operations: Map<number, OperationView>;
  serving: { games: [string, string][]; announced: boolean } | undefined;
  notices: { number: number; message: string }[];
  /** How often the catalogue changed: the library is read again when it moves. */
  catalogue: number;
  /** The look through a folder that was last. */
  scan: ScanView | undefined;
  /** How many pictures came: those that were not here are asked for again when it moves. */
  covers: number;
}

export const empty = (): State => ({
  owner: undefined,
  connection: undefined,
  settings: undefined,
  limits: undefined,
  thrift: null,
  games: new Map(),
  plays: new Map(),
  operations: new Map(),
  serving: undefined,
  notices: [],
  catalogue: 0,
  scan: undefined,
  covers: 0
});

/** The state after some news. News of another run of the engine replaces everything. */
export function after(state: State, deltas: readonly Delta[], anew: boolean): State {
  const next = anew ? { ...empty(), catalogue: state.catalogue + 1 } : { ...state };
  if (!anew) {
    next.games = new Map(state.games);
    next.plays = new Map(state.plays);
    next.operations = new Map(state.operations);
    next.notices = [...state.notices];
  }
  for (const delta of deltas) {
    switch (delta.topic) {
      case 'owner':
        next.owner = delta;
        break;
      case 'connection':
        next.connection = delta;
        break;
      case 'catalogue':
        next.catalogue += 1;
        break;
      case 'scan':
        next.scan = delta;
        break;
      case 'covers':
        next.covers = delta.arrived;
        break;
      case 'settings':
        next.settings = delta;
        break;
      case 'limits':
        next.limits = delta;
        break;
      case 'thrift':
        next.thrift = delta.why;
        break;
      case 'serving':
        next.serving = delta;
        break;
      case 'play':
        next.plays.set(delta.game, delta);
        break;
      case 'operation':
        next.operations.set(delta.id, delta);
        break;
      case 'notice':
        next.notices = [...next.notices.filter((n) => n.number !== delta.number), delta].slice(-50);
        break;
      case 'game':
        if (delta.status === null) next.games.delete(delta.game);
        else next.games.set(delta.game, delta.status);
        break;
    }
  }
  return next;
}

/** A game as pages show it: of the catalogue, of this machine, or of both. */
export interface Item {
  slug: string;
  title: string;
  description: string;
  /** The server's entry; none for a game that is here and not in its catalogue any more. */
  listed: LibraryItem | undefined;
  here: GameStatus | undefined;
  play: Play | undefined;
  /** What is under way or waits, the first of it. */
  operation: OperationView | undefined;
  /** What is only fetched for later: the game can be played meanwhile. */
  ahead?: OperationView | undefined;
  /** Version that friends get. */
  live: string | undefined;
  /** Bytes of it here, or of the live build. */
  size: number | undefined;
}

export const isOver = (o: OperationView): boolean => o.state === 'done' || o.state === 'failed' || o.state === 'cancelled';
export const gameOf = (o: OperationView): string => o.order.game;

/** Operations that have not ended, in order of their turn: what runs first, then as they were ordered. */
export function open(operations: Iterable<OperationView>, order: readonly number[]): OperationView[] {
  const place = new Map(order.map((id, i) => [id, i]));
  const turn = (o: OperationView) => place.get(o.id) ?? o.id + 1e9;
  return [...operations].filter((o) => !isOver(o)).sort((a, b) => turn(a) - turn(b));
}

export function items(library: readonly LibraryItem[], state: State, queue: readonly OperationView[]): Item[] {
  const first = new Map<string, OperationView>();
  const ahead = new Map<string, OperationView>();
  for (const operation of queue) {
    const of = operation.order.kind === 'ahead' ? ahead : first;
    if (!of.has(gameOf(operation))) of.set(gameOf(operation), operation);
  }
  const all: Item[] = library.map((listed) => {
    const { slug, title, description } = listed.game;
    const live = listed.builds.find((b) => b.live);
    const here = state.games.get(slug);
    return {
      slug,
      title,
      description,
      listed,
      here,
      play: state.plays.get(slug),
      operation: first.get(slug),
      ahead: ahead.get(slug),
      live: live?.version ?? listed.game.live ?? undefined,
      size: here?.size ?? live?.content_size
    };
  });
  const known = new Set(all.map((item) => item.slug));
  for (const [slug, here] of state.games)
    if (!known.has(slug))
      all.push({ slug, title: slug, description: '', listed: undefined, here, play: state.plays.get(slug), operation: first.get(slug), ahead: ahead.get(slug), live: here.live ?? undefined, size: here.size ?? undefined });
  return all;
}
