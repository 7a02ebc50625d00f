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
    clearTimeout(this.#timer);
    this.shown = toast;
    this.#timer = setTimeout(() => this.dismiss(), toast.action || toast.bad ? 15_000 : 5000);
  }

  dismiss(): void {
    clearTimeout(this.#timer);
    this.shown = undefined;
  }
}

export const toasts = new Toasts();
