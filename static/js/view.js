/**
 * Zoom, pan and compare for the pictures of one card. All panes share one zoom and one centre, given as a share of the picture,
 * so that two pictures of different size show the same place.
 *
 * 100 % means one picture pixel on one screen pixel, also on a dense display. Fit never enlarges: it would make a sharp picture look soft.
 */

const LEAST = 0.5; // times the fitted size
const MOST = 16; // times 100 %
const STEP = 1.25;

export class View {
  #root;
  #panes;
  #zoom = 1; // times the fitted size
  #centre = { x: 0.5, y: 0.5 };
  #pointers = new Map();

  /** `root` holds one .panes with figures; `onChange` is called with {percent, isFit, level} after every change. */
  constructor(root, onChange = () => {}) {
    this.#root = root.querySelector(".panes");
    this.#panes = [...this.#root.querySelectorAll(".pane")].map((element) => ({ element, image: element.querySelector("img") }));
    this.onChange = onChange;
    for (const { element } of this.#panes) this.#listen(element);
    new ResizeObserver(() => this.render()).observe(this.#root);
    this.#root.querySelector(".split")?.addEventListener("input", (event) => this.#root.style.setProperty("--split", `${event.target.value}%`));
  }

  get isFit() {
    return Math.abs(this.#zoom - 1) < 0.001;
  }

  get compare() {
    return this.#root.dataset.compare;
  }

  fit() {
    this.#zoom = 1;
    this.#centre = { x: 0.5, y: 0.5 };
    this.render();
  }

  /** Show the picture at `percent` of its own pixels, around the present centre. */
  showAt(percent) {
    this.#zoom = percent / 100 / this.#fittedScale(this.#lead) / devicePixelRatio;
    this.render();
  }

  /** Zoom by `factor`; the place under `point` (client coordinates, the middle if missing) stays where it is. */
  zoomBy(factor, point = null, pane = this.#lead) {
    const before = this.#zoom;
    this.#zoom = Math.min(Math.max(before * factor, LEAST), this.#most());
    if (point) {
      const box = pane.element.getBoundingClientRect();
      const size = this.#size(pane);
      const [dx, dy] = [point.x - box.x - box.width / 2, point.y - box.y - box.height / 2];
      this.#centre.x += (dx / size.width) * (1 / before - 1 / this.#zoom);
      this.#centre.y += (dy / size.height) * (1 / before - 1 / this.#zoom);
    }
    this.render();
  }

  stepIn() {
    this.zoomBy(STEP);
  }

  stepOut() {
    this.zoomBy(1 / STEP);
  }

  /** Move what is seen by screen pixels. */
  pan(dx, dy, pane = this.#lead) {
    const size = this.#size(pane);
    this.#centre.x -= dx / (size.width * this.#zoom);
    this.#centre.y -= dy / (size.height * this.#zoom);
    this.render();
  }

  /** Go to the next way of comparing: none, sliding before over after, side by side. */
  cycleCompare() {
    const before = this.#panes.find(({ element }) => element.dataset.pane === "before");
    if (!before) return;
    const modes = "slides" in before.element.dataset ? ["off", "slider", "side"] : ["off", "side"];
    this.setCompare(modes[(modes.indexOf(this.compare) + 1) % modes.length]);
  }

  setCompare(mode) {
    const before = this.#panes.find(({ element }) => element.dataset.pane === "before");
    if (!before || (mode === "slider" && !("slides" in before.element.dataset))) return;
    if (mode !== "off") before.image.src ||= before.image.dataset.src;
    this.#root.dataset.compare = mode;
    this.render();
  }

  /** Put another picture into the first pane: {screen, full, width, height, alt}. */
  show({ screen, full, width, height, alt }) {
    const { image } = this.#lead;
    delete image.dataset.isFull;
    Object.assign(image, { src: screen, alt, width, height });
    image.dataset.full = full;
    this.fit();
  }

  /** Lay every pane out as zoom and centre say. */
  render() {
    const lead = this.#lead;
    if (!lead.element.clientWidth) return;
    const size = this.#size(lead);
    for (const [axis, length, room] of [["x", size.width, lead.element.clientWidth], ["y", size.height, lead.element.clientHeight]]) {
      const half = Math.min(0.5, room / 2 / (length * this.#zoom));
      this.#centre[axis] = Math.min(Math.max(this.#centre[axis], half), 1 - half);
    }
    for (const pane of this.#panes) this.#place(pane, this.compare === "slider" ? size : this.#size(pane));
    const percent = Math.round(this.#zoom * this.#fittedScale(lead) * devicePixelRatio * 100);
    this.onChange({ percent, isFit: this.isFit, compare: this.compare });
  }

  get #lead() {
    return this.#panes[0];
  }

  #place({ element, image }, size) {
    const [x, y] = [(0.5 - this.#centre.x) * size.width * this.#zoom, (0.5 - this.#centre.y) * size.height * this.#zoom];
    Object.assign(image.style, { width: `${size.width}px`, height: `${size.height}px` });
    image.style.transform = this.isFit ? "" : `translate(${x}px, ${y}px) scale(${this.#zoom})`;
    element.classList.toggle("is-big", !this.isFit);
    const scale = (size.width * this.#zoom * devicePixelRatio) / Number(image.getAttribute("width"));
    element.classList.toggle("is-pixelated", scale >= 4);
    if (image.naturalWidth && size.width * this.#zoom * devicePixelRatio > image.naturalWidth * 1.05) loadFull(image);
  }

  /** Pixels of the picture on the page at zoom 1. */
  #size(pane) {
    const scale = this.#fittedScale(pane);
    return { width: Number(pane.image.getAttribute("width")) * scale, height: Number(pane.image.getAttribute("height")) * scale };
  }

  /** Page pixels per picture pixel when the whole picture is seen. */
  #fittedScale({ element, image }) {
    const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
    return Math.min(element.clientWidth / width, element.clientHeight / height, 1) || 1;
  }

  #most() {
    return Math.max(MOST / this.#fittedScale(this.#lead) / devicePixelRatio, 2);
  }

  #listen(element) {
    const pane = this.#panes.find((candidate) => candidate.element === element);
    element.addEventListener("wheel", (event) => this.#wheel(event, pane), { passive: false });
    element.addEventListener("pointerdown", (event) => this.#down(event, element));
    element.addEventListener("pointermove", (event) => this.#move(event, pane));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    element.addEventListener("dblclick", (event) => (this.isFit ? this.zoomBy(Math.max(2, 1 / this.#fittedScale(pane) / devicePixelRatio), event, pane) : this.fit()));
  }

  #wheel(event, pane) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    // A pinch on a touchpad arrives as a wheel with Ctrl and in small steps.
    this.zoomBy(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0015)), event, pane);
  }

  #down(event, element) {
    if (event.button > 0) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (event.pointerType !== "touch" || !this.isFit || this.#pointers.size > 1) element.setPointerCapture(event.pointerId);
  }

  #move(event, pane) {
    const last = this.#pointers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const spread = (one, two) => Math.hypot(one.x - two.x, one.y - two.y) || 1;
      this.zoomBy(spread(now, other) / spread(last, other), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }, pane);
      this.pan((now.x - last.x) / 2, (now.y - last.y) / 2, pane);
    } else if (!this.isFit) {
      this.pan(now.x - last.x, now.y - last.y, pane);
    }
  }
}

/** Replace the screen-size picture by the full one, once it is decoded, so that nothing flickers. */
async function loadFull(image) {
  if (!image.dataset.full || image.dataset.isFull) return;
  const wanted = (image.dataset.isFull = image.dataset.full);
  const full = new Image();
  full.src = wanted;
  try {
    await full.decode();
    if (image.dataset.full === wanted) image.src = wanted;
  } catch {
    delete image.dataset.isFull;
  }
}
