// What a failure means to people: the same table as the command line has, which says what to do in an app's words where a
// command would be named.
import { bytes } from '@mist/ui/format';
import table from '../../../core/src/messages.json';
import { Refused } from './backend';
import type { Failure } from './types';

interface Message {
  text: string;
  next?: string;
  app?: string;
}

const TABLE: Record<string, Message> = {
  ...table,
  engine_lost: { text: 'Mist’s engine does not answer: {detail}.', next: 'It is tried again by itself. What arrived is kept.' }
};

/** `{name}` stands for a parameter, and `{name:bytes}` for one that is a number of bytes. */
const fill = (template: string, params: Failure['params']): string =>
  template.replace(/\{(\w+)(:bytes)?\}/g, (_, name: string, size: string | undefined) => {
    const value = params?.[name];
    if (value === undefined) return '?';
    return size === undefined ? value : bytes(Number(value));
  });

/** A failure's row: a server's own sentence needs none, and a cause may have one of its own. */
function row(failure: Failure): Message | undefined {
  if (failure.params?.message !== undefined) return undefined;
  return TABLE[`${failure.code}/${failure.params?.cause}`] ?? TABLE[failure.code];
}

export interface Sentence {
  /** What happened, and what was kept. */
  what: string;
  /** What to do. */
  next: string | undefined;
}

export function sentence(failure: Failure): Sentence {
  const message = row(failure);
  if (message === undefined) return { what: failure.params?.message ?? failure.code, next: undefined };
  const next = message.app ?? message.next;
  return { what: fill(message.text, failure.params), next: next ? fill(next, failure.params) : undefined };
}

/** The sentence of whatever was thrown. */
export const told = (error: unknown): Sentence =>
  error instanceof Refused ? sentence(error.failure) : { what: String(error), next: undefined };

export const inOne = ({ what, next }: Sentence): string => (next ? `${what} ${next}` : what);
