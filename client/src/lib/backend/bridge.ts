import { Refused, lost, type Backend } from './backend';
import type { Delta, Failure, Reply, Request, Rev } from './types';

const WAIT = 20_000;

/** A real engine behind loopback HTTP, in tests: the program `mist-bridge`, which gave out the token. */
export function bridge(token: string): Backend {
  async function call(request: Request): Promise<Reply> {
    let answer: Response;
    try {
      answer = await fetch('/call', { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(request) });
    } catch (error) {
      throw lost(error);
    }
    if (answer.ok) return (await answer.json()) as Reply;
    if (answer.status === 409) throw new Refused((await answer.json()) as Failure);
    throw lost(`${answer.status} ${await answer.text()}`);
  }
  return {
    call,
    next: async (since: Rev): Promise<[Rev, Delta[]]> => {
      const reply = await call({ request: 'next', since, wait: WAIT });
      if (reply.reply !== 'news') throw lost('an answer to another request');
      return reply.value;
    },
    link: () => Promise.resolve(undefined),
    pickFolder: undefined,
    program: undefined
  };
}
