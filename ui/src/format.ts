/*
 * Sizes, times and counts, as the crate `readable` writes them: both are held to the table readable/golden.json.
 */

/** As Rust writes `{:.digits}`: the nearest, and of two that are as near the even one. */
function fixed(value: number, digits: 0 | 1 | 2): string {
  const scaled = value * 10 ** digits;
  // Only eighths can be a tie: with two digits, one is an odd number of two hundredths that is a sum of powers of two.
  const tie = Number.isInteger(value * 8) && scaled % 1 === 0.5;
  if (tie && Math.floor(scaled) % 2 === 0) return (Math.floor(scaled) / 10 ** digits).toFixed(digits);
  return value.toFixed(digits);
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `1.40 GB` and the like: decimal units, three significant digits. */
export function bytes(n: number): string {
  if (n < 1000) return `${Math.max(0, Math.floor(n))} B`;
  let scaled = n / 1000;
  let unit = 0;
  while (scaled >= 999.5 && unit + 1 < UNITS.length) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return `${fixed(scaled, digits)} ${UNITS[unit]}`;
}

/** The two largest units of so many milliseconds: `0.4 s`, `12 s`, `3 min 5 s`, `1 h 1 min`, `2 d 3 h`. */
export function duration(millis: number): string {
  const whole = Math.max(0, Math.floor(millis));
  const secs = Math.floor(whole / 1000);
  if (secs < 10 && whole % 1000 > 0) return `${fixed(whole / 1000, 1)} s`;
  if (secs < 60) return `${secs} s`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min ${secs % 60} s`;
  if (secs < 86_400) return `${Math.floor(secs / 3600)} h ${Math.floor((secs % 3600) / 60)} min`;
  return `${Math.floor(secs / 86_400)} d ${Math.floor((secs % 86_400) / 3600)} h`;
}

/** `n` of what is called `one` or `many`: `1 entry`, `3 entries`. */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** How long ago, in one unit: `just now`, `5 min ago`, `3 d ago`. */
export function ago(millis: number): string {
  const secs = Math.floor(Math.max(0, millis) / 1000);
  if (secs < 10) return 'just now';
  if (secs < 60) return `${secs} s ago`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min ago`;
  if (secs < 86_400) return `${Math.floor(secs / 3600)} h ago`;
  return `${Math.floor(secs / 86_400)} d ago`;
}

/** A share in whole percent. Some is never shown as none, and not all never as all. */
export function percent(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %';
  if (part >= whole) return '100 %';
  return `${Math.min(99, Math.max(1, Math.round((part / whole) * 100)))} %`;
}

/** A number of copies: `2.4`, `12`. Less than all of one is never shown as one. */
export function copies(n: number): string {
  const tenths = Math.floor(n * 10) / 10;
  return Number.isInteger(tenths) || tenths >= 10 ? String(Math.floor(tenths)) : tenths.toFixed(1);
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** `28 Nov 2026`. */
export const day = (at: number): string => DAY.format(at);
/** `28 Nov 2026, 20:30`. */
export const moment = (at: number): string => MOMENT.format(at);
