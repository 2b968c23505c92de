/**
 * What the label and the adjudication page share: the card on screen, its view, the keys, the dialogs, choosing an answer.
 * A page gives `decide`, `skip` and `undo`; this one turns keys, clicks and touches into them.
 */

import { ActiveTime } from "./active.js";
import { askFlag, askSkip, isDialogOpen, openViewer, showHelp } from "./dialogs.js";
import { isTaken, listen } from "./keys.js";
import { outbox } from "./outbox.js";
import { makeKey, post } from "./session.js";
import { text } from "./texts.js";
import { View } from "./view.js";

/** An answer this soon after a new picture came is a key pressed twice, not a judgement. */
export const TOO_SOON_MS = 200;
const KEEP_EVERY_MS = 60_000;
const PAN_STEP = 80;

export const main = document.getElementById("main");

export class CardPage {
  card = null;
  active = new ActiveTime();
  #shownAt = 0;
  #views = new WeakMap();
  #compare = "off";
  #picked = new Set();
  #armed = false;
  #several = false;
  #news = "";

  /** `pages` is the page's own part: {decide(answer), skip(answer), undo(), choose(digit, event), isDeciding()}. */
  constructor(own) {
    this.own = own;
    listen(JSON.parse(document.getElementById("keys").textContent), (command, event) => this.#press(command, event));
    main.addEventListener("click", (event) => this.#click(event));
    main.addEventListener("submit", (event) => this.#submit(event));
    main.addEventListener("keydown", (event) => this.#leaveNote(event));
    addEventListener("keydown", (event) => this.#escape(event));
    document.addEventListener("fullscreenchange", () => this.#markFullScreen());
    setInterval(() => this.#keep(), KEEP_EVERY_MS);
  }

  /** A card came on screen, or none is left (null). */
  show(card) {
    this.card = card;
    this.disarm();
    if (!card) return;
    this.#shownAt = Date.now();
    this.active.restart();
    const view = this.#view(card);
    view.fit();
    if (this.#compare !== view.compare) view.setCompare(this.#compare);
    const { number, quantity, title } = card.dataset;
    this.#news = text("next", { number, quantity, title });
    this.say(this.#news);
  }

  get view() {
    return this.card && this.#view(this.card);
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
      fields: { ...fields, active_ms: this.active.read() },
      shownAt: this.#shownAt,
      answeredAt: Date.now(),
    };
  }

  /** The labels of reason codes on the card. */
  labels(card, codes) {
    return codes.map((code) => card.querySelector(`.why [value="${code}"]`)?.dataset.label ?? code);
  }

  disarm() {
    this.#picked.clear();
    this.#armed = this.#several = false;
    this.#showPicked();
  }

  #view(card) {
    if (!this.#views.has(card)) this.#views.set(card, new View(card, (state) => this.#showView(card, state)));
    return this.#views.get(card);
  }

  #showView(card, { percent, isFit, compare }) {
    const pressed = { zoom_fit: isFit, zoom_actual: percent === 100, zoom_double: percent === 200, compare: compare !== "off" };
    for (const [command, is] of Object.entries(pressed)) card.querySelector(`.tools [data-command="${command}"]`)?.setAttribute("aria-pressed", is);
    card.querySelector(".zoom").textContent = `${percent} %`;
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
    if (digit) return this.own.choose?.(digit, event) ?? this.#choose(digit, event.shiftKey);
    const view = this.view;
    const acts = {
      accept: () => this.#accept(),
      reject: () => this.#reject(),
      send: () => this.#send(),
      note: () => this.#openNote(),
      undo: () => this.own.undo?.(),
      skip: () => this.#skip(),
      flag: () => this.#flag(),
      help: showHelp,
      zoom_fit: () => view.fit(),
      zoom_actual: () => view.showAt(100),
      zoom_double: () => view.showAt(200),
      zoom_in: () => view.stepIn(),
      zoom_out: () => view.stepOut(),
      compare: () => {
        view.cycleCompare();
        this.#compare = view.compare;
      },
      full_screen: () => this.#toggleFullScreen(),
      references: () => openViewer([...this.card.querySelectorAll('[data-view="assets"]')]),
      pan_left: () => view.pan(PAN_STEP, 0),
      pan_right: () => view.pan(-PAN_STEP, 0),
      pan_up: () => this.#moveUp(PAN_STEP),
      pan_down: () => this.#moveUp(-PAN_STEP),
    };
    if (!acts[command]) return false;
    acts[command]();
    return true;
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
    if ("several" in button.dataset) {
      this.#several = !this.#several;
      this.#showPicked();
    } else if (button.type === "button" && button.dataset.command) {
      this.#act(button.dataset.command, event);
    } else if (button.name === "reject_for" && (event.shiftKey || this.#several)) {
      event.preventDefault();
      this.#choose(Number(button.dataset.choice), true);
    }
  }

  /** The plain form would send the same answer; here it goes through the outbox. */
  #submit(event) {
    const form = event.target.closest("form.answer");
    if (!form) return;
    event.preventDefault();
    const { name, value } = event.submitter ?? {};
    if (name === "reject_for") this.#choose(Number(event.submitter.dataset.choice), false);
    else if (value === "accept") this.#accept();
    else if (value === "reject") this.#reject();
  }

  #isTooSoon() {
    if (Date.now() - this.#shownAt >= TOO_SOON_MS) return false;
    this.tell(text("tooSoon"));
    return true;
  }

  #accept() {
    if (this.own.revise?.("accept")) return;
    if (this.#form && !this.#isTooSoon()) this.#decide("accept", []);
  }

  #reject() {
    if (this.own.revise?.("reject")) return;
    if (!this.#form || this.#isTooSoon()) return;
    const isRequired = "reasonsRequired" in this.#form.dataset;
    if (this.#picked.size || (this.#armed && !isRequired)) {
      this.#decide("reject", [...this.#picked]);
      return;
    }
    this.#armed = true;
    this.#showPicked();
    this.tell(text(isRequired ? "rejectReason" : "rejectAgain"));
  }

  #send() {
    if (this.own.send?.()) return;
    if (this.#form && (this.#picked.size || this.#armed)) this.#reject();
  }

  /** A reason: by itself it rejects at once, added (Shift, or several) it waits for the last one. */
  #choose(digit, isAdded) {
    const button = this.#form?.querySelector(`.why [data-choice="${digit}"]`);
    if (!button || this.#isTooSoon()) return Boolean(this.#form);
    if (isAdded && this.#picked.has(button.value)) this.#picked.delete(button.value);
    else this.#picked.add(button.value);
    if (isAdded) {
      this.#armed = true;
      this.#showPicked();
      this.tell(this.#picked.size ? text("picked", { reasons: this.labels(this.card, [...this.#picked]).join(", ") }) : "");
    } else {
      this.#decide("reject", [...this.#picked]);
    }
    return true;
  }

  #decide(answer, reasons) {
    const note = this.#form.querySelector("[name=note]").value.trim();
    const card = this.card;
    this.own.decide({ answer, reasons, note });
    this.tell(answer === "accept" ? text("accepted") : reasons.length ? text("rejectedFor", { reasons: this.labels(card, reasons).join(", ") }) : text("rejected"));
  }

  get #form() {
    return this.card?.querySelector("form.answer") ?? null;
  }

  #showPicked() {
    const form = this.#form;
    if (!form) return;
    form.toggleAttribute("data-armed", this.#armed && !this.#picked.size);
    form.querySelector('[data-command="reject"]').setAttribute("aria-pressed", this.#armed || this.#picked.size > 0);
    form.querySelector("[data-several]")?.setAttribute("aria-pressed", this.#several);
    for (const button of form.querySelectorAll(".why [data-choice]")) button.setAttribute("aria-pressed", this.#picked.has(button.value));
  }

  #openNote() {
    const note = this.#form?.querySelector(".note");
    if (!note) return;
    note.hidden = false;
    note.querySelector("textarea").focus();
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
    if (event.key !== "Escape" || isTaken(event) || isDialogOpen() || !(this.#armed || this.#picked.size)) return;
    this.disarm();
    this.tell("");
  }

  #skip() {
    if (!this.#form) return;
    askSkip((answer) => this.own.skip(answer));
  }

  #flag() {
    const entry = this.makeEntry("flag", {});
    askFlag((said) => {
      outbox.add({ ...entry, fields: { text: said }, answeredAt: Date.now() });
      this.tell(text("flagged"));
    });
  }

  #moveUp(pixels) {
    if (!this.view.isFit) this.view.pan(0, pixels);
    else this.card.querySelector(".brief").scrollBy({ top: -pixels });
  }

  #toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (main.requestFullscreen) main.requestFullscreen().catch(() => main.classList.toggle("is-full"));
    else main.classList.toggle("is-full"); // an iPhone has no full screen for pages
    this.#markFullScreen();
  }

  #markFullScreen() {
    const is = Boolean(document.fullscreenElement) || main.classList.contains("is-full");
    for (const button of main.querySelectorAll('[data-command="full_screen"]')) button.setAttribute("aria-pressed", is);
    // Only what lies inside is seen in full screen, and a refusal must be.
    const notices = document.getElementById("notices");
    if (is) main.prepend(notices);
    else main.before(notices);
  }

  /** The heartbeat: input within the last two minutes keeps the card. */
  async #keep() {
    if (!this.card || !this.#form || !this.active.isPresent) return;
    const card = this.card;
    try {
      const response = await post(main.dataset.keep, { shown: card.dataset.assignment });
      if (response.status === 410 && card === this.card) this.own.lost?.(card);
      else if (response.ok) this.own.kept?.();
      else outbox.suspend(response.status);
    } catch {
      // No network: the answer is taken late, if it comes to that.
    }
  }
}
