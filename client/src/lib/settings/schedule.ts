// Limits that change by the time of the day, as `mist` writes them: `08:00,512k Sat-Sun-10:00,off`. Pure.
import { bytes } from '@mist/ui/format';
import type { LimitNow } from '../backend';

/** From when on a limit counts. */
export interface Change {
  /** `''` for every day, `Sat`, or `Mon-Fri`. */
  days: string;
  /** `08:00`. */
  time: string;
  /** Bytes a second, or none. */
  limit: number | null;
}

const WEEK = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** What may be chosen, with its name. */
export const DAYS: [days: string, name: string][] = [['', 'every day'], ['Mon-Fri', 'Monday to Friday'], ['Sat-Sun', 'Saturday and Sunday'], ...WEEK.map((day): [string, string] => [day.slice(0, 3), day])];

const UNITS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

export function read(text: string): Change[] {
  if (text === 'none') return [];
  return text.split(' ').flatMap((part) => {
    const [, days = '', time = '', limit = ''] = /^(?:(.*)-)?(\d\d:\d\d),(\w+)$/.exec(part) ?? [];
    const [, number = '', unit = ''] = /^(\d+)([kmg]?)$/i.exec(limit) ?? [];
    if (time === '' || (number === '' && limit !== 'off')) return [];
    return [{ days, time, limit: limit === 'off' ? null : Number(number) * (UNITS[unit.toLowerCase()] ?? 1) }];
  });
}

export const write = (changes: readonly Change[]): string =>
  changes.length === 0 ? 'none' : changes.map(({ days, time, limit }) => `${days === '' ? '' : `${days}-`}${time},${limit ?? 'off'}`).join(' ');

/** What is wrong with it, in a sentence. */
export function problem(changes: readonly Change[]): string | undefined {
  if (changes.some((c) => !/^\d\d:\d\d$/.test(c.time))) return 'Say when it begins, such as 08:00.';
  const twice = changes.find((c, n) => changes.slice(0, n).some((other) => other.days === c.days && other.time === c.time));
  return twice && `${twice.time} is there twice for the same days.`;
}

/** One more, of a time that is not there yet. */
export function another(changes: readonly Change[]): Change {
  const taken = new Set(changes.filter((c) => c.days === '').map((c) => c.time));
  const hours = Array.from({ length: 24 }, (_, n) => `${String((8 + n * 5) % 24).padStart(2, '0')}:00`);
  return { days: '', time: hours.find((time) => !taken.has(time)) ?? '08:30', limit: changes.length % 2 === 0 ? 500_000 : null };
}

/** What counts now: "512 kB/s until 23:00", "100 kB/s while a game runs". */
export function inForce(limit: LimitNow, now: number): string {
  const rate = limit.limit === null ? 'no limit' : `${bytes(limit.limit)}/s`;
  if (limit.playing) return `${rate} while a game runs`;
  if (limit.until === null) return rate;
  const then = new Date(limit.until);
  const time = `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`;
  const later = limit.until - now > 24 * 3_600_000 ? `${WEEK[(then.getDay() + 6) % 7]} ` : '';
  return `${rate} until ${later}${time}`;
}
