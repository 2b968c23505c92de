/** The label page: the next card is on screen before the answer to the last one has left. */

import { CardPage, main } from "./card-page.js";
import { Deck } from "./deck.js";
import { notify, retract } from "./notices.js";
import { outbox } from "./outbox.js";
import { Revealed } from "./revealed.js";
import { makeKey, post } from "./session.js";
import { text } from "./texts.js";

const CARDS_WANTED = 3;
const REMEMBERED = 20;
const LOOK_AGAIN_MS = 30_000;
/** Cards held ahead are anybody's again three minutes after the page was last heard of. */
const AHEAD_MS = 170_000;

/** What was answered here, newest last: {card, key, assignment, answer, title}; the card is null for one from before this page. */
const past = [...document.querySelectorAll("#history li")].reverse().map(({ dataset }) => ({ card: null, key: null, ...dataset }));
const page = new CardPage({ decide, skip: send("skip"), undo, lost, kept, ...whileRevealed() });
const deck = new Deck(document.getElementById("deck"), (card) => show(card));
const isSingle = main.dataset.page === "card";
let taking = false;
/** The key of an answer whose reply may bring a suggestion, so that its card stays; and the suggestion once it is open. */
let awaited = null;
let revealed = null;
let timer = 0;
let heardAt = Date.now();

/** The way a decision of the kind `act` leaves: into the outbox, and the next card comes. */
function send(act) {
  return (fields) => {
    const card = page.card;
    const entry = page.makeEntry(act, fields);
    remember({ card, key: entry.key, act, assignment: entry.assignment, answer: null });
    dropStale();
    deck.advance();
    outbox.add(entry);
    if (act === "skip") page.tell(text("skipped"));
    if (isSingle) deck.wait(text("sending"));
  };
}

/** An answer leaves. Where suggestions are shown after answers every card waits for the reply, so that none tells what it was drawn for. */
function decide(fields) {
  if (isSingle || !("reveals" in main.dataset)) return send("answer")(fields);
  const entry = page.makeEntry("answer", fields);
  awaited = entry.key;
  remember({ card: null, key: entry.key, act: "answer", assignment: entry.assignment, answer: null });
  page.card.querySelector(".desk").hidden = true;
  page.form = null;
  return outbox.add(entry);
}

/** The keys while a suggestion is open; each false while none is. */
function whileRevealed() {
  const during = (act) => (...given) => {
    if (revealed) act(...given);
    return Boolean(revealed) || awaited !== null;
  };
  return {
    choose: during((digit) => revealed.choose(digit)),
    revise: during((verdict) => revealed.revise(verdict)),
    send: during(() => revealed.keep()),
  };
}

/** Show what the model had suggested where the blind answer was given. */
function openRevealed(section, card) {
  if (card !== deck.current) deck.bringBack(card);
  card.querySelector(".desk")?.remove();
  page.form = null;
  card.append(section);
  revealed = new Revealed(section, (fields) => {
    const key = makeKey();
    const item = past.find(({ assignment }) => assignment === section.dataset.revealed);
    // From here on it is this answer that an undo takes back, and the server that brings the card.
    if (item) Object.assign(item, { key, answer: null, card: null, isRevised: true });
    outbox.add({ act: "revise", url: main.dataset.answer, key, assignment: section.dataset.revealed, fields, answeredAt: Date.now() });
    deck.advance();
    page.tell(text("saved"));
  });
  page.say(revealed.words);
  card.focus({ preventScroll: true });
}

/** The reply to the answer that was waited for, or to one given before the policy changed: its suggestion, or the next card. */
function reveal(entry, fragment, card) {
  const section = fragment.querySelector(".revealed");
  const isAwaited = awaited === entry.key;
  if (isAwaited) awaited = null;
  if (section && (isAwaited || card)) openRevealed(section, isAwaited ? deck.current : card);
  else if (isAwaited) deck.advance();
}

/** After a long break the cards ahead are no longer held: better wait for new ones than judge what somebody else got. */
function dropStale() {
  if (Date.now() - heardAt > AHEAD_MS && navigator.onLine) for (const card of deck.cards.slice(1)) card.remove();
}

/** The heartbeat arrived: the cards ahead are held for longer too. */
function kept() {
  heardAt = Date.now();
}

/** The first movement after a break: look what is still held before the person answers. */
function wake() {
  if (Date.now() - heardAt > AHEAD_MS && deck.current) take();
}

function remember(item) {
  past.push(item);
  if (past.length > REMEMBERED) past.shift();
  // Pictures of cards further back would pile up; the server sends those again.
  for (const old of past.slice(0, -6)) old.card = null;
}

function show(card) {
  page.show(card);
  revealed = null;
  retract("lease");
  if (card) return clearTimeout(timer);
  return deck.wait(text(navigator.onLine ? "loading" : "loadingOffline"));
}

/** Take the last answer back: out of the outbox if it has not left, else by a write that names it. */
function undo() {
  if (awaited !== null || revealed) {
    page.tell(text("keepOrChange"));
    return;
  }
  const last = past.at(-1);
  if (!last) {
    page.tell(text(Number(main.dataset.undoMinutes) ? "nothingToUndo" : "noUndo"));
    return;
  }
  if (last.act === "skip" && !outbox.entries.some((entry) => entry.key === last.key && !entry.tried)) {
    // Said first: the answer before it is not what the person means to take back.
    past.pop();
    page.tell(text("noUndoSkip"));
    return;
  }
  const isCancelled = last.key && !last.isRevised && outbox.cancel(last.key);
  if (!isCancelled && !Number(main.dataset.undoMinutes)) {
    page.tell(text("noUndo"));
    return;
  }
  past.splice(past.indexOf(last), 1);
  if (!isCancelled) {
    const result = last.key ? outbox.resultOf(last.key) : null;
    const known = { assignment: last.card?.dataset.assignment ?? result?.assignment ?? last.assignment, fields: { replaces: result?.answer ?? last.answer } };
    outbox.add({ act: "undo", url: main.dataset.undo, key: makeKey(), ...known, undoes: known.fields.replaces ? null : last.key });
  }
  if (last.card) deck.bringBack(last.card);
  page.tell(text("takenBack"));
}

/** The server's part of the deck: new cards, those no longer this person's, the counters, or why there is nothing. */
function receive(fragment) {
  const held = fragment.querySelector("[data-held]")?.dataset.held.split(" ").filter(Boolean);
  const counts = fragment.querySelector("#counts");
  if (counts) document.getElementById("counts")?.replaceWith(counts);
  if (!held) return;
  heardAt = Date.now();
  const waiting = outbox.entries;
  const answered = new Set(waiting.filter(({ act }) => act !== "undo").map((entry) => entry.assignment));
  // A card taken back is not held again before that write has arrived.
  const kept = new Set([...held, ...waiting.filter(({ act }) => act === "undo").map((entry) => entry.assignment)]);
  for (const card of deck.cards.slice(1)) if (!kept.has(card.dataset.assignment)) card.remove();
  const isAnswered = awaited !== null || revealed !== null;
  if (deck.current && !isAnswered && !kept.has(deck.current.dataset.assignment)) lost();
  deck.add([...fragment.querySelectorAll("article.card")].filter((card) => !answered.has(card.dataset.assignment)));
  const empty = fragment.querySelector(".state");
  if (!deck.current && empty) explain(empty);
}

/** Show why there is nothing to do, and look again by itself where that may change. */
function explain(section) {
  deck.say(section);
  for (const time of section.querySelectorAll("time[data-local]")) time.textContent = tellTime(time);
  clearTimeout(timer);
  if (["waiting", "paused", "all_yours", "elsewhere", "closed", "capped", "held", "no_candidates"].includes(section.dataset.state)) timer = setTimeout(take, LOOK_AGAIN_MS);
}

/** The time an element names, by this person's clock, with its day where the day matters. */
function tellTime({ dateTime, dataset }) {
  const how = dataset.local === "day" ? { dateStyle: "medium", timeStyle: "short" } : { timeStyle: "short" };
  return new Date(dateTime).toLocaleString(document.documentElement.lang, { ...how, hourCycle: "h23" });
}

/** Ask for cards until the deck is full. Only while nothing waits to be sent: every reply to an answer brings cards itself. */
async function take() {
  if (taking || isSingle || outbox.count || document.hidden) return;
  taking = true;
  let response, fragment;
  try {
    response = await post(main.dataset.take, { shown: page.card?.dataset.assignment, have: deck.ids });
    fragment = document.createRange().createContextualFragment(response.ok ? await response.text() : "");
  } catch {
    if (!deck.current) deck.wait(text("loadingOffline"));
    clearTimeout(timer);
    timer = setTimeout(take, LOOK_AGAIN_MS);
    return;
  } finally {
    taking = false;
  }
  // Outside of the try: a mistake in here is no lost connection.
  if (response.ok) receive(fragment);
  else outbox.suspend(response.status);
}

/** The reply to one write, often long after its card has left the screen. */
function settle({ detail: { entry, outcome, fragment } }) {
  const item = past.find(({ key }) => key === entry.key);
  if (outcome.kind === "submitted") {
    if (item) Object.assign(item, { assignment: outcome.assignment, answer: outcome.answer });
    if (item?.card && outcome.assignment !== entry.assignment) rename(item.card, outcome.assignment);
  } else {
    if (item) past.splice(past.indexOf(item), 1);
    report(entry, outcome, item?.card);
    if (entry.act === "undo") deck.drop(entry.assignment);
  }
  reveal(entry, fragment, item?.card);
  receive(fragment);
  if (entry.act === "undo" && outcome.kind === "submitted") putFirst(outcome.assignment);
  if (isSingle) leaveSingle(outcome, item?.card);
  else if (deck.cards.length < CARDS_WANTED && !fragment.querySelector(".state")) take();
}

/** The card of an undo that came from the server, because this page no longer had it, belongs on screen. */
function putFirst(assignment) {
  const card = deck.find(assignment);
  if (card && card !== deck.current) deck.bringBack(card);
}

/** The page of one card goes on to the label page, or shows the card again if the answer was refused. */
function leaveSingle(outcome, card) {
  if (outcome.kind === "refused" && card) deck.bringBack(card);
  else location.assign(main.dataset.label);
}

/** A late answer got an assignment of its own; the card speaks of that one from now on. */
function rename(card, assignment) {
  card.dataset.assignment = assignment;
  for (const field of card.querySelectorAll("[name=assignment]")) field.value = assignment;
}

/** Tell the person that an answer was not counted, with the way back to its candidate. */
function report(entry, outcome, card) {
  const href = main.dataset.card.replace("00000000-0000-0000-0000-000000000000", outcome.assignment ?? entry.assignment);
  const title = card?.dataset.title ?? text("anImage");
  const level = outcome.kind === "surplus" ? "warning" : "error";
  notify(text(outcome.kind, { title, message: outcome.message }), { level, link: { href, text: text("showIt"), newTab: true } });
}

/** The lease of the card on screen is over; a late answer may still count. */
function lost() {
  notify(text("leaseOver"), { level: "warning", id: "lease" });
}

/** Another tab of the same person answered one of the cards here. */
function forget({ detail: entry }) {
  if (["answer", "skip"].includes(entry.act) && deck.drop(entry.assignment)) notify(text("elsewhere"), { id: "elsewhere" });
}

function leave() {
  const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  if (!isSingle) navigator.sendBeacon(main.dataset.leave, new URLSearchParams({ csrfmiddlewaretoken: token }));
}

outbox.describePage = (entry) => (main.dataset[entry.act] === entry.url && !isSingle ? { shown: page.card?.dataset.assignment, have: deck.ids } : null);
outbox.addEventListener("reply", settle);
outbox.addEventListener("elsewhere", forget);
outbox.addEventListener("drained", take);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => event.persisted && take());
addEventListener("focus", () => deck.current || take());
document.addEventListener("visibilitychange", () => deck.current || take());
for (const event of ["pointermove", "pointerdown"]) addEventListener(event, wake, { passive: true });
addEventListener("online", take);
main.addEventListener("submit", (event) => {
  // "Start" and "look again" need no new page.
  if (!event.target.closest(".state")) return;
  event.preventDefault();
  deck.wait(text("loading"));
  take();
});

// Cards whose answer still waits here are done; the page may have come from before.
for (const entry of outbox.entries) if (["answer", "skip"].includes(entry.act)) deck.find(entry.assignment)?.remove();
if (deck.current) deck.open();
if (!isSingle) {
  if (!deck.current) deck.wait(text("loading"));
  take();
}
