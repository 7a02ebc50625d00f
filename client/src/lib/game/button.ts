// The one button of a game: what it says and does in each state. Pure.
import { percent } from '@mist/ui/format';
import type { OperationView, Phase } from '../backend';
import type { Item } from '../desk/state';

export type Act = 'install' | 'update' | 'play' | 'stop' | 'pause' | 'resume' | 'repair' | 'verify' | 'locate';

export interface MainButton {
  word: string;
  /** What pressing it does; nothing while there is nothing to do. */
  act: Act | undefined;
  look: 'main' | 'busy' | 'rest';
  /** How far the present phase is, from 0 to 1; `NaN` while that is not known. */
  share: number | undefined;
  /** Why, or how far, in a few words. */
  note: string | undefined;
}

const PHASE: Record<Phase, string> = {
  checking: 'Checking',
  preparing: 'Preparing',
  downloading: 'Downloading',
  patching: 'Patching',
  copying: 'Copying',
  committing: 'Finishing',
  verifying: 'Verifying'
};

const KIND = { install: 'Installing', update: 'Updating', ahead: 'Fetching ahead', switch: 'Switching', roll_back: 'Going back', repair: 'Repairing', verify: 'Verifying', uninstall: 'Removing', locate: 'Reading', move: 'Moving' } as const;

/** How far the present phase of an operation is. */
export function share(o: OperationView): number {
  const at = o.phase === 'downloading' ? o.network : o.disk;
  return at && at.total > 0 ? Math.min(1, at.done / at.total) : NaN;
}

/** What an operation is doing, in a word. */
export const doing = (o: OperationView): string => (o.phase ? PHASE[o.phase] : KIND[o.order.kind]);

/** Why an operation waits though it could run; nothing if it does not wait. */
export function waits(o: OperationView, item: Pick<Item, 'play'>, online: boolean): string | undefined {
  if (o.state === 'queued' && item.play?.running_since != null) return 'until you stop playing';
  if (o.state === 'running' && o.phase === 'downloading' && (o.network?.sources ?? 0) === 0 && !online) return 'for the server or a friend';
  return undefined;
}

const rest = (word: string, act: Act | undefined, note?: string): MainButton => ({ word, act, look: 'main', share: undefined, note });

function underWay(o: OperationView, item: Item, online: boolean): MainButton {
  const at = share(o);
  const how = Number.isFinite(at) ? percent(at, 1) : undefined;
  const why = waits(o, item, online);
  if (why !== undefined) return { word: 'Waiting', act: 'pause', look: 'busy', share: at, note: why };
  if (o.state === 'paused') return { word: 'Resume', act: 'resume', look: 'rest', share: at, note: how ? `paused at ${how}` : 'paused' };
  if (o.state === 'queued') return { word: 'Queued', act: 'pause', look: 'busy', share: undefined, note: 'waits for its turn' };
  const act = o.order.kind === 'uninstall' || o.phase === 'committing' ? undefined : 'pause';
  return { word: doing(o), act, look: 'busy', share: at, note: how };
}

export function button(item: Item, online: boolean): MainButton {
  const { here, operation, live } = item;
  if (item.play?.running_since != null) return { word: 'Stop', act: 'stop', look: 'rest', share: undefined, note: operation ? 'an update waits until you stop' : 'running' };
  if (operation) return underWay(operation, item, online);
  if (!here) {
    if (live === undefined) return rest('No build yet', undefined);
    return rest('Install', 'install');
  }
  switch (here.state) {
    case 'missing':
      return rest('Find its folder', 'locate', 'the folder is not where it was');
    case 'damaged':
      return rest('Repair', 'repair', 'some files are not right');
    case 'unverified':
      return rest('Verify', 'verify', 'this folder came from elsewhere');
    case 'installing':
      return rest('Resume', 'install', 'the install was not finished');
    case 'updating':
      return rest('Resume', 'update', 'the update was not finished');
    case 'installed':
      if (here.update_available) return rest('Update', 'update', online ? undefined : 'the server is away');
      return rest(online ? 'Play' : 'Play offline', 'play');
  }
}

/** Whether it can be played as it is, though the button says something else. */
export const playsWithoutUpdate = (item: Item): boolean =>
  item.here?.state === 'installed' && item.here.update_available && item.operation === undefined && item.play?.running_since == null;
