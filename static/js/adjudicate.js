/**
 * The adjudication page. A card is answered blind; then both answers appear in its place and digits mean why they differed: one press
 * confirms. Accept or Reject revises first; a new reject asks for its reasons before the digits mean the class again. Where no answers appear
 * it is over with the blind one, and the next card comes.
 */

import { TOO_SOON_MS } from "./answer-form.js";
import { CardPage, main } from "./card-page.js";
import { Deck } from "./deck.js";
import { notify } from "./notices.js";
import { outbox } from "./outbox.js";
import { makeKey, post, writeHeaders } from "./session.js";
import { text } from "./texts.js";

const LOOK_AGAIN_MS = 30_000;
/** What is done with the dispute in hand, and not just said about it. */
const IN_HAND = ["answer", "skip", "confirm"];
const page = new CardPage({ decide, skip, choose, revise, send: endReasons, lost });
const deck = new Deck(document.getElementById("deck"), show);
let reveal = null;
let revealedAt = 0;
let timer = 0;

function show(card) {
  page.show(card);
  reveal = null;
  clearTimeout(timer);
  if (!card) return deck.wait(text(navigator.onLine ? "loading" : "loadingOffline"));
  const section = card.querySelector(".reveal");
  return section && openReveal(section);
}

/** The blind answer leaves; the card stays, because both answers belong beside it. */
function decide(fields) {
  const entry = page.makeEntry("answer", fields);
  const desk = page.card.querySelector(".desk");
  desk.hidden = true;
  page.card.querySelector("form.answer").remove();
  page.form = null;
  outbox.add(entry);
}

function skip(fields) {
  const entry = page.makeEntry("skip", fields);
  deck.advance();
  outbox.add(entry);
}

function openReveal(section) {
  fillScores(section.querySelector(".judges"));
  reveal = section.querySelector("form") ? section : null;
  revealedAt = performance.now();
  if (!reveal) return;
  listenTo("class");
  // On a phone both answers push the choices below the fold.
  section.querySelector('[data-part="class"]').scrollIntoView({ block: "nearest" });
  page.say(section.querySelector(".opinions").textContent.replace(/\s+/g, " ").trim());
}

/** What judges say, folded away until it is wanted; nothing where none has looked. Without an answer the link to it stays. */
async function fillScores(folded) {
  if (!folded || folded.dataset.scores === "") return;
  const url = folded.dataset.scores;
  folded.dataset.scores = "";
  try {
    const response = await fetch(url, { headers: writeHeaders(), credentials: "same-origin" });
    if (response.status === 204) folded.remove();
    else if (response.ok) folded.lastElementChild.replaceChildren(document.createRange().createContextualFragment(await response.text()));
  } catch {
    folded.dataset.scores = url;
  }
}

/** Which group of choices the digits mean: "reasons" or "class". */
function listenTo(part) {
  for (const group of reveal.querySelectorAll("[data-part]")) group.toggleAttribute("data-listens", group.dataset.part === part);
}

function isListening(part) {
  return reveal?.querySelector(`[data-part="${part}"]`).hasAttribute("data-listens");
}

/** A digit while the answers are open; false leaves it to the card. */
function choose(digit, event) {
  if (!reveal) return false;
  const part = isListening("reasons") ? "reasons" : "class";
  const chosen = reveal.querySelector(`[data-part="${part}"] [data-choice="${digit}"]`);
  if (!chosen) return true;
  if (performance.now() - revealedAt < TOO_SOON_MS) {
    // It was meant for the card, or pressed twice.
    page.say(text("tooSoon"));
    return true;
  }
  if (part === "class") confirm(chosen.value);
  else {
    chosen.checked = !chosen.checked;
    if (!event.shiftKey) listenTo("class");
  }
  return true;
}

/** Accept or Reject while the answers are open chooses the final answer; true if it did. */
function revise(verdict) {
  if (!reveal) return false;
  const isOwn = reveal.dataset.own === verdict;
  reveal.querySelector(`[name=answer][value="${isOwn && verdict === "accept" ? "keep" : verdict}"]`).checked = true;
  listenTo(verdict === "reject" ? "reasons" : "class");
  return true;
}

/** Enter ends the choice of reasons. */
function endReasons() {
  if (!reveal) return false;
  if (isListening("reasons")) listenTo("class");
  return true;
}

/** Close the adjudication with its reason class; the next dispute comes with the reply. */
function confirm(reasonClass) {
  const answer = reveal.querySelector("[name=answer]:checked").value;
  const reasons = answer === "reject" ? [...reveal.querySelectorAll("[name=reasons]:checked")].map((box) => box.value) : [];
  const note = reveal.querySelector("[name=note]").value;
  const fields = { reason_class: reasonClass, answer, ...(answer === "keep" ? {} : { reasons, note }) };
  const entry = { act: "confirm", url: main.dataset.confirm, key: makeKey(), assignment: reveal.dataset.reveal, fields, answeredAt: Date.now() };
  deck.advance();
  outbox.add(entry);
}

function settle({ detail: { entry, outcome, fragment } }) {
  if (outcome.kind !== "submitted") {
    const href = main.dataset.card.replace("00000000-0000-0000-0000-000000000000", outcome.assignment ?? entry.assignment);
    const title = deck.find(entry.assignment)?.dataset.title ?? text("anImage");
    notify(text(outcome.kind, { title, message: outcome.message }), { level: outcome.kind === "surplus" ? "warning" : "error", link: { href, text: text("showIt"), newTab: true } });
    if (entry.act === "answer") deck.drop(entry.assignment);
  }
  const card = deck.find(entry.assignment);
  if (card && outcome.assignment) card.dataset.assignment = outcome.assignment;
  // What comes without both answers ended with the blind one, or its turn comes later.
  if (card && entry.act === "answer" && !findReveal(fragment, card.dataset.assignment)) deck.drop(card.dataset.assignment);
  receive(fragment);
  // The card was still here when the reply was made, so the reply does not bring it again.
  if (!deck.current && !fragment.querySelector(".state")) take();
}

function findReveal(fragment, id) {
  return [...fragment.querySelectorAll(".reveal")].find((section) => section.dataset.reveal === id);
}

/** Another tab of the same person has answered or passed on the dispute on screen. */
function forget({ detail: entry }) {
  if (IN_HAND.includes(entry.act) && deck.drop(entry.assignment)) notify(text("elsewhere"), { id: "elsewhere" });
}

function receive(fragment) {
  const counts = fragment.querySelector("#counts");
  if (counts) document.getElementById("counts")?.replaceWith(counts);
  for (const section of fragment.querySelectorAll(".reveal")) attach(section);
  deck.add([...fragment.querySelectorAll("article.card")]);
  const empty = fragment.querySelector(".state");
  if (deck.current || !empty) return;
  deck.say(empty);
  // Reading the guideline is the person's to do; coming back to this page looks again.
  if (empty.dataset.state !== "must_read") timer = setTimeout(take, LOOK_AGAIN_MS);
}

/** Put both answers where the answer was given. */
function attach(section) {
  const card = deck.find(section.dataset.reveal);
  if (!card) return;
  card.querySelector(".desk")?.remove();
  card.append(section);
  if (card === deck.current) openReveal(section);
}

async function take() {
  if (outbox.count || document.hidden) return;
  clearTimeout(timer);
  try {
    const response = await post(main.dataset.take, { have: deck.ids });
    if (response.ok) receive(document.createRange().createContextualFragment(await response.text()));
    else outbox.suspend(response.status);
  } catch {
    if (!deck.current) deck.wait(text("loadingOffline"));
    timer = setTimeout(take, LOOK_AGAIN_MS);
  }
}

function lost() {
  notify(text("leaseOver"), { level: "warning", id: "lease" });
}

outbox.describePage = (entry) => (main.dataset[entry.act] === entry.url ? { have: deck.ids } : null);
outbox.addEventListener("reply", settle);
outbox.addEventListener("elsewhere", forget);
outbox.addEventListener("drained", take);
addEventListener("focus", () => deck.current || take());
addEventListener("online", () => deck.current || take());
main.addEventListener("submit", (event) => {
  if (event.target.closest(".state")) {
    event.preventDefault();
    deck.wait(text("loading"));
    take();
  } else if (reveal?.contains(event.target)) {
    event.preventDefault();
    if (event.submitter?.name === "reason_class") confirm(event.submitter.value);
  }
});
main.addEventListener("change", (event) => {
  if (reveal?.contains(event.target) && event.target.name === "answer") listenTo(event.target.value === "reject" ? "reasons" : "class");
});

// A dispute whose answer still waits here is not answered twice; the reply brings it back with both answers.
for (const entry of outbox.entries) if (IN_HAND.includes(entry.act)) deck.find(entry.assignment)?.remove();
if (deck.current) deck.open();
else {
  deck.wait(text("loading"));
  take();
}
