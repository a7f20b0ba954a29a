// The alerts that are not over, above everything else.

import type { Summary } from "../api.ts";
import { byId, element } from "../dom.ts";
import { clock, words } from "../format.ts";

let shown = "";

export function showAlerts({ alerts }: Summary): void {
  const texts = alerts.map(
    ({ kind, subject, text, since }) => `${words(kind)}: ${subject}: ${text} (since ${clock(since)})`,
  );
  // The list changes only where an alert does, because a screen reader reads it aloud then.
  if (shown === texts.join("\n")) return;
  shown = texts.join("\n");
  const list = element("ul", {}, ...texts.map((text) => element("li", {}, text)));
  byId("alerts").replaceChildren(...(texts.length ? [list] : []));
}

/** The meters about whose silence there is an alert. */
export function silentMeters({ alerts }: Summary): Set<string> {
  return new Set(alerts.filter((alert) => alert.kind === "meter_silent").map((alert) => alert.subject));
}
