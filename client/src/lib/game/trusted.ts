// Programs that a person has agreed to start: each is asked for once, and again when it becomes another one.
import type { LaunchChoice } from '../backend';

const KEY = 'mist-started';

const known = (): Record<string, string[]> => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, string[]>;
  } catch {
    return {};
  }
};

const mark = ({ program, args }: LaunchChoice): string => JSON.stringify([program, args]);

export const trusted = (game: string, choice: LaunchChoice): boolean => known()[game]?.includes(mark(choice)) ?? false;

export function trust(game: string, choice: LaunchChoice): void {
  const all = known();
  all[game] = [...new Set([...(all[game] ?? []), mark(choice)])].slice(-20);
  localStorage.setItem(KEY, JSON.stringify(all));
}
