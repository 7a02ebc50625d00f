/** The time, for ages on the screen: it moves every few seconds. */
class Clock {
  now = $state(Date.now());
  constructor() {
    setInterval(() => (this.now = Date.now()), 5000);
  }
}

export const clock = new Clock();
