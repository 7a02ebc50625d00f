// Whether a newer Mist is there: asked when the window opens, when somebody signs in and some times a day, because a window may stay open
// for weeks.
import type { Program, Release } from '../backend';

const AGAIN = 4 * 3_600_000;

class Newest {
  known = $state.raw<Release>();
  taking = $state(false);

  /** Asks now and again until it is told to stop. A server that is away is asked the next time. */
  watch(program: Program): () => void {
    let on = true;
    const look = () => void program.release().then((release) => on && (this.known = release), () => undefined);
    look();
    const timer = setInterval(look, AGAIN);
    return () => {
      on = false;
      clearInterval(timer);
    };
  }

  /** Takes it. The program starts anew then, and this window with it. */
  async take(program: Program): Promise<void> {
    this.taking = true;
    try {
      await program.update();
      this.known = await program.release();
    } finally {
      this.taking = false;
    }
  }
}

export const newest = new Newest();
