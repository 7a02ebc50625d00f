import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Game = Schemas['Game'];
export type Build = Schemas['Build'];
export type BuildFiles = Schemas['BuildFiles'];
export type Change = Schemas['Change'];
export type Changes = Schemas['Changes'];
export type Notifications = Schemas['Notifications'];
export type Job = Schemas['Job'];
export type LogLine = Schemas['LogLine'];
export type User = Schemas['User'];
export type Stats = Schemas['Stats'];
export type Seed = Schemas['Seed'];
export type AuditEntry = Schemas['AuditEntry'];
export type Event = Schemas['Event'];
export type Topic = Schemas['Topic'];

/** The calls of the API. Without this header, which no other site can send, the tracker refuses what changes something. */
export const api = createClient<paths>({ baseUrl: '', headers: { 'mist-portal': '1' }, credentials: 'same-origin' });

export type FailureKind = 'away' | 'session' | 'forbidden' | 'refused' | 'broken';

/** A call that did not do what was asked, in words for people. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly what: string,
    readonly why: string,
    readonly code: string,
    readonly request?: string
  ) {
    super(`${what} ${why}`);
  }
}

/** What the tracker says in a refusal. */
interface Said {
  code?: unknown;
  detail?: unknown;
  request_id?: unknown;
}

/** A sentence as the tracker writes it, as one that stands alone. */
const sentence = (text: string): string => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
};

/** What a refusal means. Pure. */
export function failureOf(what: string, status: number, body: unknown, request: string | null): Failure {
  const said: Said = typeof body === 'object' && body !== null ? body : {};
  const code = typeof said.code === 'string' ? said.code : 'unreadable';
  const id = typeof said.request_id === 'string' ? said.request_id : (request ?? undefined);
  const why = typeof said.detail === 'string' && said.detail !== '' ? sentence(said.detail) : undefined;
  if (status === 401 && (code === 'sign_in' || code === 'token_expired'))
    return new Failure('session', what, 'Your session is over: sign in again.', code, id);
  if (status === 403) return new Failure('forbidden', what, why ?? 'This account may not do that.', code, id);
  if (status === 502 || status === 504 || (status === 503 && code === 'unreadable'))
    return new Failure('away', what, 'The server did not answer. It may be restarting.', code, id);
  if (status >= 500)
    return new Failure('broken', what, why ?? 'The server failed. Its log says more.', code, id);
  return new Failure('refused', what, why ?? `The server refused with status ${status}.`, code, id);
}

/** Whom to tell that a session is over. */
let sessionOver: () => void = () => {};
export const onSessionOver = (tell: () => void): void => void (sessionOver = tell);

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * Waits for a call. `what` says what failed if it fails, as a whole sentence.
 *
 * @throws {Failure}
 */
export async function ask<T>(what: string, call: Promise<Reply<T>>): Promise<T> {
  let reply: Reply<T>;
  try {
    reply = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Failure('away', what, 'The server can’t be reached from here.', 'away');
  }
  if (reply.response.ok) return reply.data as T;
  const failure = failureOf(what, reply.response.status, reply.error, reply.response.headers.get('x-request-id'));
  if (failure.kind === 'session') sessionOver();
  throw failure;
}

/** Every entry of a list that comes in pages. */
export async function all<T>(page: (after: string | undefined) => Promise<{ entries: T[]; next: string | undefined }>): Promise<T[]> {
  const entries: T[] = [];
  let after: string | undefined;
  do {
    const read = await page(after);
    entries.push(...read.entries);
    after = read.next;
  } while (after !== undefined);
  return entries;
}

/** The query of a page: what is not there is not sent. */
export const page = (after: string | undefined, limit = 500): { after?: string; limit: number } =>
  after === undefined ? { limit } : { after, limit };
