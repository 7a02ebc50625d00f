import { inOne, told } from '../backend/sentences';

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  href?: string;
}

const SHOWN = 4;

/** What is to be said at the edge of the window, and goes by itself. */
class Toasts {
  all = $state.raw<Toast[]>([]);
  #last = 0;

  say(text: string, more: { bad?: boolean; href?: string } = {}): void {
    this.#last += 1;
    const toast: Toast = { id: this.#last, text, bad: more.bad ?? false, ...(more.href === undefined ? {} : { href: more.href }) };
    this.all = [...this.all.slice(-SHOWN + 1), toast];
    setTimeout(() => this.dismiss(toast.id), toast.bad ? 15_000 : 7000);
  }

  dismiss(id: number): void {
    this.all = this.all.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

/** Does something that a person asked for, and says what went wrong. */
export async function attempt<T>(doing: () => Promise<T>): Promise<T | undefined> {
  try {
    return await doing();
  } catch (error) {
    toasts.say(inOne(told(error)), { bad: true });
    return undefined;
  }
}
