/** Buttons that copy what stands in a field; without this script the field is selected by hand. */

async function copy(field) {
  field.focus();
  field.select();
  // The clipboard is only there on https and on this machine itself; the old command works everywhere else.
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
  else if (!document.execCommand("copy")) throw new Error("copying is not allowed");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await copy(field);
      button.textContent = button.dataset.done;
    } catch {
      // The field is selected: the person's own key for copying does it.
      field.focus();
    }
  });
}
