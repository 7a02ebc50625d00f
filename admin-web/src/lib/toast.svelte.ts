/** One thing to say at the edge of the page, which goes by itself. */
export interface Toast {
  text: string;
  action?: { label: string; run: () => void };
  bad?: boolean;
}

class Toasts {
  shown = $state.raw<Toast>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(toast: Toast): void {
    this.shown = toast;
    this.release();
  }

  /** It stays while somebody is at it. */
  hold(): void {
    clearTimeout(this.#timer);
  }

  /** From now on it goes by itself after a while. */
  release(): void {
    clearTimeout(this.#timer);
    if (this.shown) this.#timer = setTimeout(() => this.dismiss(), this.shown.action || this.shown.bad ? 15_000 : 5000);
  }

  dismiss(): void {
    clearTimeout(this.#timer);
    this.shown = undefined;
  }
}

export const toasts = new Toasts();
