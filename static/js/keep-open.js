/** Parts of a page that are fetched again and again: what somebody unfolded in them stays open, and a log stays where it was scrolled to. */

let open = [];
let scrolled = [];

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  open = [...detail.target.querySelectorAll("details[id][open]")].map(({ id }) => id);
  scrolled = [...detail.target.querySelectorAll("[id][data-keeps-scroll]")].map(({ id, scrollTop }) => [id, scrollTop]);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, top] of scrolled) document.getElementById(id)?.scrollTo({ top });
});
