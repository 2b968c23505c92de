/** Active time: how long somebody really was at this card. Only a visible tab counts, and at most two minutes without input. */

const IDLE_MS = 120_000;
const INPUTS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "scroll"];

export class ActiveTime {
  #spent = 0;
  #last = performance.now();

  constructor() {
    for (const name of INPUTS) addEventListener(name, () => this.#touch(), { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#touch() : this.#resume()));
  }

  /** Start anew, with the next card. */
  restart() {
    this.#spent = 0;
    this.#resume();
  }

  /** Active milliseconds since the last restart. */
  read() {
    if (!document.hidden) this.#touch();
    return Math.round(this.#spent);
  }

  /** Whether there was input in the last two minutes on a visible page. */
  get isPresent() {
    return !document.hidden && performance.now() - this.#last < IDLE_MS;
  }

  #touch() {
    const now = performance.now();
    this.#spent += Math.min(now - this.#last, IDLE_MS);
    this.#last = now;
  }

  #resume() {
    this.#last = performance.now();
  }
}
