/** The cards this page holds: the first is on screen, the others wait behind it with their pictures decoded. */

import { text } from "./texts.js";

export class Deck {
  #root;
  #onShow;

  /** `onShow(card)` is called when a card comes on screen, with null when none is left. */
  constructor(root, onShow) {
    this.#root = root;
    this.#onShow = onShow;
  }

  get cards() {
    return [...this.#root.querySelectorAll(":scope > article.card")];
  }

  get current() {
    return this.cards[0] ?? null;
  }

  get ids() {
    return this.cards.map((card) => card.dataset.assignment);
  }

  find(id) {
    return this.cards.find((card) => card.dataset.assignment === id);
  }

  /** Show the first card, as the page came or after the ones before it are gone. */
  open() {
    const card = this.current;
    if (card) {
      this.#root.querySelectorAll(":scope > .state").forEach((state) => state.remove());
      card.hidden = false;
      for (const later of this.cards.slice(1)) later.hidden = true;
    }
    for (const waiting of this.cards) warm(waiting);
    this.#onShow(card);
  }

  /** Take the card on screen away and show the next one; returns the one taken. */
  advance() {
    const gone = this.current;
    const hadFocus = gone?.contains(document.activeElement);
    gone?.remove();
    if (this.current) this.current.hidden = false;
    this.#onShow(this.current);
    if (hadFocus) (this.current ?? this.#root).focus({ preventScroll: true });
    return gone;
  }

  /** Add cards behind the others, each once. */
  add(cards) {
    const wasEmpty = !this.current;
    for (const card of cards) {
      if (this.find(card.dataset.assignment)) continue;
      card.hidden = true;
      this.#root.append(card);
      warm(card);
    }
    if (wasEmpty && this.current) this.open();
  }

  /** Put a card before all others, on screen. */
  bringBack(card) {
    if (this.current && this.current !== card) this.current.hidden = true;
    this.#root.prepend(card);
    this.open();
  }

  /** Remove a card, wherever it is; true if it was on screen. */
  drop(id) {
    const card = this.find(id);
    if (!card) return false;
    const wasShown = card === this.current;
    if (wasShown) this.advance();
    else card.remove();
    return wasShown;
  }

  /** Show a section that says what is happening instead of a card. */
  say(section) {
    this.#root.querySelectorAll(":scope > .state").forEach((state) => state.remove());
    if (section && !this.current) this.#root.append(section);
  }

  /** Say that the next card is on its way. */
  wait(message) {
    const section = document.getElementById("waiting-card").content.cloneNode(true).firstElementChild;
    section.querySelector("h1").textContent = message;
    this.say(section);
  }
}

/** Decode the picture of a card before it is needed; a failed one says so and offers another try. */
function warm(card) {
  const image = card.querySelector("img.candidate");
  if (!image || image.dataset.warm) return;
  image.dataset.warm = "loading";
  const done = () => {
    image.dataset.warm = "ready";
    // Then what stands beside it, so that a compare or a lost connection finds it here.
    for (const later of card.querySelectorAll("img[loading=lazy]")) later.loading = "eager";
    for (const before of card.querySelectorAll("img[data-src]:not([src])")) before.src = before.dataset.src;
  };
  image.decode().then(done, () => (image.complete && image.naturalWidth ? done() : offerRetry(image)));
}

function offerRetry(image) {
  const box = document.createElement("div");
  box.className = "no-picture";
  const line = box.appendChild(document.createElement("p"));
  line.textContent = text("pictureFailed");
  const retry = box.appendChild(document.createElement("button"));
  Object.assign(retry, { type: "button", textContent: text("tryAgain") });
  retry.addEventListener("click", () => {
    box.remove();
    delete image.dataset.warm;
    image.src = image.getAttribute("src");
    warm(image.closest(".card"));
  });
  image.closest(".panes").append(box);
}
