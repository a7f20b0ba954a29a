// Charts over time, drawn as SVG: colours follow the style sheet, text stays text. One chart may have several panels, one above the other.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 38;
const RIGHT = 18;
const BOTTOM = 20;
const GAP = 10;

export function draw(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const node = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/** The height of one panel in pixels, and the values at its bottom and top. */
export interface Panel {
  height: number;
  low: number;
  high: number;
}

/** Where values are in the picture. */
export interface Frame {
  svg: SVGElement;
  /** The position of a time, Unix seconds. */
  x: (time: number) => number;
  /** For each panel the position of a value. */
  y: ((value: number) => number)[];
}

export interface Plot {
  /** Unix seconds. */
  from: number;
  until: number;
  panels: Panel[];
  paint: (frame: Frame) => void;
  /** What can be pointed at: a time for each, and what is said of it. */
  times: number[];
  describe: (index: number) => string;
  /** What the chart as a whole shows, for a screen reader. */
  label: string;
  /** The time of day of a time. */
  clock: (time: number) => string;
}

/** The distance of grid lines: a round number of which at most four fit. */
function gridStep(range: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(range / 4 || 1));
  return ([1, 2, 2.5, 5, 10].find((factor) => range / (factor * magnitude) <= 4) ?? 10) * magnitude;
}

const MOVES: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -4,
  PageDown: 4,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** A chart in `host` that is read with the pointer or, when it has the focus, with the arrow keys. */
export class Chart {
  #plot: Plot | undefined;
  #x: Frame["x"] = () => 0;
  #cursor: SVGElement | undefined;
  /** The time that was pointed at last. */
  #chosen: number | undefined;

  constructor(
    readonly host: HTMLElement,
    readonly readout: HTMLElement,
  ) {
    const pointed = (event: PointerEvent) => this.#point(event.clientX - host.getBoundingClientRect().left);
    host.addEventListener("pointermove", pointed);
    host.addEventListener("pointerdown", pointed);
    host.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.#choose(this.#at() + move);
    });
  }

  /** Shows nothing; `label` says why. */
  clear(label: string): void {
    this.#plot = undefined;
    this.host.replaceChildren();
    this.host.setAttribute("aria-label", label);
  }

  /** Draws the chart as wide as its host. What was pointed at stays. */
  show(plot: Plot): void {
    const { from, until, panels } = plot;
    const width = Math.max(240, this.host.clientWidth);
    const height = panels.reduce((sum, panel) => sum + panel.height + GAP, BOTTOM);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
    const x = (time: number) => LEFT + ((width - LEFT - RIGHT) * (time - from)) / (until - from || 1);
    let top = GAP - 4;
    const y = panels.map((panel) => {
      const scale = grid(svg, panel, top, width);
      top += panel.height + GAP;
      return scale;
    });
    const hours = width < 520 ? 6 : 3;
    for (let time = Math.ceil(from / 3600) * 3600; time <= until; time += 3600) {
      const text = plot.clock(time);
      if (Number(text.slice(0, 2)) % hours) continue;
      svg.append(draw("text", { x: x(time), y: height - 5, "text-anchor": "middle" }, text));
    }
    plot.paint({ svg, x, y });
    this.#cursor = draw("line", { class: "cursor", y1: 0, y2: height - BOTTOM, visibility: "hidden" });
    svg.append(this.#cursor);
    this.host.replaceChildren(svg);
    this.host.setAttribute("aria-label", plot.label);
    [this.#plot, this.#x] = [plot, x];
    if (this.#chosen !== undefined) this.#choose(this.#at());
  }

  /** The index of the time that was pointed at last; the newest where nothing was. */
  #at(): number {
    const times = this.#plot?.times ?? [];
    const chosen = this.#chosen;
    return chosen === undefined ? times.length - 1 : times.findLastIndex((time) => time <= chosen);
  }

  #choose(index: number): void {
    const times = this.#plot?.times ?? [];
    const at = Math.min(times.length - 1, Math.max(0, index));
    const time = times[at];
    if (!this.#plot || !this.#cursor || time === undefined) return;
    this.#chosen = time;
    this.#cursor.setAttribute("visibility", "visible");
    for (const end of ["x1", "x2"]) this.#cursor.setAttribute(end, String(this.#x(time)));
    this.readout.textContent = this.#plot.describe(at);
  }

  #point(position: number): void {
    const distances = (this.#plot?.times ?? []).map((time) => Math.abs(this.#x(time) - position));
    if (distances.length) this.#choose(distances.indexOf(Math.min(...distances)));
  }
}

/** Draws a panel's grid lines with their values; the scale that positions values in it. */
function grid(svg: SVGElement, { height, low, high }: Panel, top: number, width: number): (value: number) => number {
  const scale = (value: number) => top + height - (height * (value - low)) / (high - low || 1);
  const step = gridStep(high - low);
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) {
    const y = scale(value);
    svg.append(draw("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }));
    svg.append(draw("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, String(Math.round(value * 100) / 100)));
  }
  return scale;
}
