// Building the page's elements. Text always goes in as text, never as HTML.

type Child = Node | string;

/** The element of index.html with this id. Throws where there is none. */
export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no element ${id}`);
  return node;
}

export function element(name: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  node.append(...children);
  return node;
}

/** Gives an element a colour as the custom property `--color`: style attributes are forbidden by the page's policy. */
export function colored(node: HTMLElement, color: string): HTMLElement {
  node.style.setProperty("--color", color);
  return node;
}

export interface Figure {
  name: string;
  value: Child;
  unit?: string;
  /** A second line under the value. */
  note?: string;
  kind?: string;
}

/** Fills a description list with named figures. */
export function figures(list: HTMLElement, entries: Figure[]): void {
  const one = ({ name, value, unit, note, kind }: Figure) => {
    const shown = element("dd", {}, value);
    if (unit) shown.append(" ", element("small", {}, unit));
    if (note) shown.append(element("small", { class: "note" }, note));
    return element("div", kind ? { class: kind } : {}, element("dt", {}, name), shown);
  };
  list.replaceChildren(...entries.map(one));
}

/** Fills a list with names and their colours: a square for an area, a dash for a line. */
export function legend(list: HTMLElement, entries: { name: string; color: string; line?: boolean }[]): void {
  const one = ({ name, color, line }: (typeof entries)[number]) =>
    element("li", {}, colored(element("i", line ? { class: "line" } : {}), color), name);
  list.replaceChildren(...entries.map(one));
}

export function row(kind: "th" | "td", cells: string[]): HTMLElement {
  return element("tr", {}, ...cells.map((cell) => element(kind, {}, cell)));
}
