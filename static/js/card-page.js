/**
 * What the label and the adjudication page share: the card on screen, its view, the keys, the dialogs, the heartbeat.
 * A page gives its own part; this one turns keys, clicks and touches into it.
 */

import { ActiveTime } from "./active.js";
import { AnswerForm } from "./answer-form.js";
import { askFlag, askSkip, isDialogOpen, openViewer, showHelp } from "./dialogs.js";
import { markFullScreen, toggleFullScreen } from "./full-screen.js";
import { isTaken, listen } from "./keys.js";
import { outbox } from "./outbox.js";
import { makeKey, post } from "./session.js";
import { text } from "./texts.js";
import { View } from "./view.js";

const KEEP_EVERY_MS = 60_000;
const PAN_STEP = 80;

export const main = document.getElementById("main");

export class CardPage {
  card = null;
  /** Where the card on screen takes its answer; null if it takes none. */
  form = null;
  #own;
  #active = new ActiveTime();
  #shownAt = 0;
  #views = new WeakMap();
  #compare = "off";
  #news = "";

  /**
   * `own` is the page's part: decide(answer), skip(answer), undo(), lost(), kept(); and, while it shows something that takes keys itself,
   * choose(digit, event), revise(verdict) and send(), each true if it did.
   */
  constructor(own) {
    this.#own = own;
    listen(JSON.parse(document.getElementById("keys").textContent), (command, event) => this.#press(command, event));
    main.addEventListener("click", (event) => this.#click(event));
    main.addEventListener("submit", (event) => this.#submit(event));
    main.addEventListener("keydown", (event) => this.#leaveNote(event));
    addEventListener("keydown", (event) => this.#escape(event));
    document.addEventListener("fullscreenchange", () => markFullScreen(main));
    setInterval(() => this.#keep(), KEEP_EVERY_MS);
  }

  /** A card came on screen, or none is left (null). */
  show(card) {
    this.card = card;
    this.form = card && AnswerForm.of(card, (answer) => this.#own.decide(answer), (message) => this.tell(message));
    if (!card) return;
    this.#shownAt = Date.now();
    this.#active.restart();
    this.#view.fit();
    if (this.#compare !== this.#view.compare) this.#view.setCompare(this.#compare);
    markFullScreen(main);
    const { number, quantity, title } = card.dataset;
    this.#news = text("next", { number, quantity, title });
    this.say(this.#news);
  }

  /** Tell a screen reader. */
  say(message) {
    document.getElementById("said").textContent = message;
  }

  /** Say what was just done, to everybody, beside the next answer; a screen reader hears which card that is, if it is a new one. */
  tell(message) {
    const line = this.card?.querySelector(".last span");
    if (line) line.textContent = message;
    this.say([message, this.#news].filter(Boolean).join(". "));
    this.#news = "";
  }

  /** An entry for the outbox about the card on screen. */
  makeEntry(act, fields) {
    return {
      act,
      url: main.dataset[act],
      key: makeKey(),
      assignment: this.card.dataset.assignment,
      fields: { ...fields, active_ms: this.#active.read() },
      shownAt: this.#shownAt,
      answeredAt: Date.now(),
    };
  }

  get #view() {
    const { card } = this;
    if (!this.#views.has(card)) this.#views.set(card, new View(card, (state) => showView(card, state)));
    return this.#views.get(card);
  }

  #press(command, event) {
    if (isDialogOpen() || (!this.card && !["help", "undo"].includes(command))) return false;
    // A held key must not answer the next card as well.
    if (event.repeat && !/^(pan|zoom)_/.test(command)) return true;
    return this.#act(command, event);
  }

  /** Do `command`; true unless it means nothing here. */
  #act(command, event) {
    const digit = Number(command.match(/^choice_(\d)$/)?.[1]);
    const act = digit ? () => this.#own.choose?.(digit, event) || this.form?.choose(digit, event.shiftKey) : this.#acts[command];
    act?.();
    return Boolean(act);
  }

  #acts = {
    accept: () => this.#own.revise?.("accept") || this.form?.accept(),
    reject: () => this.#own.revise?.("reject") || this.form?.reject(),
    send: () => this.#own.send?.() || this.form?.send(),
    note: () => this.form?.openNote(),
    undo: () => this.#own.undo?.(),
    skip: () => this.form && askSkip((answer) => this.#own.skip(answer)),
    flag: () => this.#flag(),
    help: () => showHelp(),
    zoom_fit: () => this.#view.fit(),
    zoom_actual: () => this.#view.showAt(100),
    zoom_double: () => this.#view.showAt(200),
    zoom_in: () => this.#view.stepIn(),
    zoom_out: () => this.#view.stepOut(),
    compare: () => this.#cycleCompare(),
    full_screen: () => toggleFullScreen(main),
    references: () => openViewer([...this.card.querySelectorAll('[data-view="assets"]')]),
    pan_left: () => this.#view.pan(PAN_STEP, 0),
    pan_right: () => this.#view.pan(-PAN_STEP, 0),
    pan_up: () => this.#move(PAN_STEP),
    pan_down: () => this.#move(-PAN_STEP),
  };

  /** The way of comparing stays for the next card. */
  #cycleCompare() {
    this.#view.cycleCompare();
    this.#compare = this.#view.compare;
  }

  /** Up and down move a large picture; while it fits they read on in the brief. */
  #move(pixels) {
    if (this.#view.isFit) this.card.querySelector(".brief").scrollBy({ top: -pixels });
    else this.#view.pan(0, pixels);
  }

  #click(event) {
    const link = event.target.closest("a[data-view]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const links = [...link.closest(".card").querySelectorAll(`[data-view="${link.dataset.view}"]`)];
      openViewer(links, links.indexOf(link));
      return;
    }
    const button = event.target.closest("button");
    if (!button || !this.card?.contains(button)) return;
    // Clicked with a mouse, a reason must not keep the focus: Enter sends what is chosen, and would press the reason again.
    if (event.detail && button.closest(".why")) this.card.focus({ preventScroll: true });
    if ("several" in button.dataset) this.form?.toggleSeveral();
    else if (button.type === "button" && button.dataset.command) this.#act(button.dataset.command, event);
    else if (button.form === this.card.querySelector("form.answer")) {
      // The plain form would send the same answer; here it goes through the outbox.
      event.preventDefault();
      this.form?.press(button, event.shiftKey);
    }
  }

  /** Whatever else sends the form (Enter in a field of it) must not leave the page. */
  #submit(event) {
    if (event.target.closest("form.answer")) event.preventDefault();
  }

  #flag() {
    const entry = this.makeEntry("flag", {});
    askFlag((said) => {
      outbox.add({ ...entry, fields: { text: said }, answeredAt: Date.now() });
      this.tell(text("flagged"));
    });
  }

  /** Enter or Escape in the note goes back to the keys; what is written stays and leaves with the answer. */
  #leaveNote(event) {
    if (event.target.name !== "note" || !event.target.closest(".note") || event.isComposing || event.keyCode === 229) return;
    if (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey)) return;
    event.preventDefault();
    if (!event.target.value.trim()) event.target.closest(".note").hidden = true;
    this.card.focus({ preventScroll: true });
  }

  /** Escape forgets the reasons chosen so far; closing a dialog or leaving full screen is the browser's own. */
  #escape(event) {
    if (event.key !== "Escape" || isTaken(event) || isDialogOpen()) return;
    if (this.form?.disarm()) this.tell("");
  }

  /** The heartbeat: input within the last two minutes keeps the card. */
  async #keep() {
    const { card, form } = this;
    if (!form || !this.#active.isPresent) return;
    try {
      const response = await post(main.dataset.keep, { shown: card.dataset.assignment });
      if (response.status === 410 && card === this.card) this.#own.lost?.(card);
      else if (response.ok) this.#own.kept?.();
      else outbox.suspend(response.status);
    } catch {
      // No network: the answer is taken late, if it comes to that.
    }
  }
}

function showView(card, { percent, isFit, compare }) {
  // A picture smaller than its place fits at 100 %: one of the buttons is lit, and the number stands beside them.
  const pressed = { zoom_fit: isFit, zoom_actual: !isFit && percent === 100, zoom_double: !isFit && percent === 200, compare: compare !== "off" };
  for (const [command, is] of Object.entries(pressed)) card.querySelector(`.tools [data-command="${command}"]`)?.setAttribute("aria-pressed", is);
  card.querySelector(".zoom").textContent = `${percent} %`;
}
