/* What is said of figures over time. Pure. */
import { SOURCES, type BySource } from '@mist/ui/sources';
import type { Schemas } from '$lib/api/client';

export type History = Schemas['History'];
export type Resolution = History['resolution'];

/** How far back one looks, and how long one point is then. */
export const RANGES = [
  { key: 'hours', name: '2 hours', resolution: 'minute', each: 'by the minute' },
  { key: 'days', name: '14 days', resolution: 'hour', each: 'by the hour' },
  { key: 'years', name: 'All days', resolution: 'day', each: 'by the day, as in UTC' }
] as const satisfies readonly { key: string; name: string; resolution: Resolution; each: string }[];
export type Range = (typeof RANGES)[number];

export const rangeOf = (key: string | null): Range => RANGES.find((range) => range.key === key) ?? RANGES[1];

type Value = number | null | undefined;

export const sum = (values: readonly Value[]): number => values.reduce<number>((all, value) => all + (value ?? 0), 0);
/** The most that is known, if anything is. */
export const most = (values: readonly Value[]): number | undefined =>
  values.reduce<number | undefined>((peak, value) => (value == null ? peak : Math.max(peak ?? 0, value)), undefined);
/** The last that is known. */
export const latest = (values: readonly Value[]): number | undefined => values.findLast((value) => value != null) ?? undefined;

/** When each point begins, in seconds since the epoch. */
export const moments = (told: History): number[] => Array.from({ length: told.points }, (_, i) => (told.since + i * told.step) / 1000);

/** What came from each source: at one place, or in all. */
export function bySource(told: History, place?: number): BySource {
  const of = (source: string): number => {
    const values = told.series.find((series) => series.name === source)?.values ?? [];
    return place === undefined ? sum(values) : (values[place] ?? 0);
  };
  return Object.fromEntries(SOURCES.map((source) => [source, of(source)])) as BySource;
}

/** One who has a part of the whole. */
export interface Share {
  name: string;
  total: number;
  values: readonly Value[];
}

/** Everybody's part, the largest first, and those that are not named as one. */
export function shares(told: History): Share[] {
  const named = told.series.map(({ name, values }) => ({ name, total: sum(values), values }));
  const { others } = told;
  return others == null ? named : [...named, { name: `${others.count} others`, total: sum(others.values), values: others.values }];
}

/** As many sums as a small picture has room for. */
export function bars(values: readonly Value[], room: number): number[] {
  const each = Math.max(1, Math.ceil(values.length / room));
  return Array.from({ length: Math.ceil(values.length / each) }, (_, i) => sum(values.slice(i * each, (i + 1) * each)));
}

const FORMATS: Record<Resolution, Intl.DateTimeFormat> = {
  minute: new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }),
  hour: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
};

/** A point in words: when it begins. */
export const pointName = (told: History, place: number): string => FORMATS[told.resolution].format(told.since + place * told.step);

export interface Row {
  when: string;
  values: Value[];
}

/** The points of which something is known and more than nothing, the newest first. */
export function rows(told: History): Row[] {
  const counts = told.by === 'online';
  const all = Array.from({ length: told.points }, (_, place) => ({ place, values: told.series.map((series) => series.values[place]) }));
  return all
    .filter(({ values }) => values.some((value) => (counts ? value != null : (value ?? 0) > 0)))
    .reverse()
    .map(({ place, values }) => ({ when: pointName(told, place), values }));
}
