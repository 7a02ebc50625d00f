/* What stands at an axis of time. Pure. */

const DAY = 86_400;

/** The words for moments, in seconds since the epoch, that are `step` seconds apart. */
export function timeTicks(ticks: readonly number[], step: number, utc: boolean): string[] {
  const timeZone = utc ? { timeZone: 'UTC' } : {};
  const as = (format: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { ...format, ...timeZone });
  const date = as({ day: 'numeric', month: 'short' });
  if (step >= 28 * DAY) {
    const [month, year] = [as({ month: 'short' }), as({ year: 'numeric' })];
    let last = '';
    // The year where it is another one than at the tick before.
    return ticks.map((at) => {
      const now = year.format(at * 1000);
      const text = now === last ? month.format(at * 1000) : `${month.format(at * 1000)} ${now}`;
      last = now;
      return text;
    });
  }
  if (step >= DAY) return ticks.map((at) => date.format(at * 1000));
  const time = as({ hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}) });
  return ticks.map((at) => {
    const text = time.format(at * 1000);
    return text === '00:00' ? date.format(at * 1000) : text;
  });
}
