/** Full screen for the picture and the answer. */

/** Whether `main` fills the screen. */
function isFull(main) {
  return document.fullscreenElement === main || main.classList.contains("is-full");
}

/** Switch `main` to full screen or back; where a page may not (an iPhone), let it fill the window. */
export function toggleFullScreen(main) {
  const fill = () => {
    main.classList.toggle("is-full");
    markFullScreen(main);
  };
  if (document.fullscreenElement) document.exitFullscreen();
  else if (main.requestFullscreen && !main.classList.contains("is-full")) main.requestFullscreen().catch(fill);
  else fill();
}

/** Show the state on the buttons, and keep the notices where they are seen: in full screen only what lies inside is. */
export function markFullScreen(main) {
  const is = isFull(main);
  for (const button of main.querySelectorAll('[data-command="full_screen"]')) button.setAttribute("aria-pressed", is);
  const notices = document.getElementById("notices");
  if (is && !main.contains(notices)) main.prepend(notices);
  if (!is && main.contains(notices)) main.before(notices);
}
