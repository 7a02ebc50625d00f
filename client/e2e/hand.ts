// What a person does with a window, whatever shows the pages: a browser, or the app.

/** A hand on a window, and an eye. What it looks for may take a while to come. */
export interface Hand {
  /** Opens a page, such as `#/settings`. */
  show(path: string): Promise<void>;
  /** Writes into a field, and leaves it. */
  fill(label: string, text: string): Promise<void>;
  tick(label: string): Promise<void>;
  /** Chooses an option of a list. */
  select(label: string, option: string): Promise<void>;
  /** Presses a button: a text is its whole name. */
  press(name: string | RegExp): Promise<void>;
  /** Presses a button of the dialog that is open. */
  answer(name: string): Promise<void>;
  /** Chooses from the menu that is open. */
  choose(name: string): Promise<void>;
  follow(link: RegExp): Promise<void>;
  /** Waits for a text: one that is part of what is shown. */
  seen(text: string | RegExp): Promise<void>;
  /** Waits for a button. */
  offered(name: string | RegExp): Promise<void>;
}

/** How long something may take to come on a machine that has other things to do. */
export const LONG = Number(process.env.MIST_PATIENCE ?? 50_000);
