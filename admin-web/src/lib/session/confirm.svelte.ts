/* The password again, before what destroys: the tracker refuses until it was given, and then the call is made once more. */
import { api, ask } from '$lib/api/client';

class Confirmation {
  open = $state(false);
  #answered: ((given: boolean) => void) | undefined;

  /** Asks for the password; whether it was given. Calls that come meanwhile wait for the same answer. */
  #asked: Promise<boolean> | undefined;
  need(): Promise<boolean> {
    this.#asked ??= new Promise<boolean>((answered) => {
      this.#answered = answered;
      this.open = true;
    }).finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  /** @throws {Failure} */
  async give(password: string): Promise<void> {
    await ask('Nothing was done yet.', api.POST('/api/v1/me/confirmation', { body: { password } }));
    this.answer(true);
  }

  answer(given: boolean): void {
    this.open = false;
    this.#answered?.(given);
    this.#answered = undefined;
  }
}

export const confirmation = new Confirmation();

/** What was sent, to be sent once more. */
const sent = new Map<string, Request>();

api.use({
  onRequest({ request, id }) {
    if (request.method !== 'GET') sent.set(id, request.clone());
    return undefined;
  },
  async onResponse({ response, id }) {
    const again = sent.get(id);
    sent.delete(id);
    if (again === undefined || response.status !== 403) return undefined;
    const said: unknown = await response.clone().json().catch(() => undefined);
    if ((said as { code?: unknown } | undefined)?.code !== 'confirm_password') return undefined;
    return (await confirmation.need()) ? fetch(again) : undefined;
  }
});
