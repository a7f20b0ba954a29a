// "Meters": each with its newest reading and what has become of it.

import type { MeterTotals, Summary } from "../api.ts";
import { byId, colored, element, legend } from "../dom.ts";
import { age, clock, decimal, tokens, words } from "../format.ts";
import { zonesOf } from "../zones.ts";
import { silentMeters } from "./alerts.ts";

/** Shows the meters; those in `fresh` have just reported. */
export function showMeters(summary: Summary, fresh: ReadonlySet<string> = new Set()): void {
  const zones = zonesOf(summary);
  const colors = new Map(zones.map(({ name, color }) => [name, color]));
  const silent = silentMeters(summary);
  legend(
    byId("meters-legend"),
    zones.map(({ name, color }) => ({ name: words(name), color })),
  );
  const one = (meter: MeterTotals) => {
    const marks = [silent.has(meter.meter_id) ? "silent" : "", fresh.has(meter.meter_id) ? "fresh" : ""];
    const tile = element("li", { id: meter.meter_id, class: marks.join(" ").trim() }, ...lines(meter, marks[0] !== ""));
    return colored(tile, colors.get(meter.zone) ?? "var(--zone-other)");
  };
  byId("meters").replaceChildren(...summary.meters.map(one));
}

function lines({ meter_id, zone, status, last_reading, energy_tokens_minted }: MeterTotals, silent: boolean): Node[] {
  const line = (text: string, kind = "") => element("p", kind ? { class: kind } : {}, text);
  const all = [element("b", {}, meter_id), line(words(zone))];
  if (last_reading) {
    const { energy_generated, energy_consumed, timestamp, state, reason } = last_reading;
    all.push(line(`▲ ${decimal(energy_generated, 3)}  ▼ ${decimal(energy_consumed, 3)}`, "now"));
    all.push(line(`${clock(timestamp)}, ${age(timestamp)}`));
    all.push(state === "rejected" ? line(`rejected: ${reason}`, "bad") : line(state));
  } else {
    all.push(line("no reading yet", "now"));
  }
  all.push(line(`${tokens(energy_tokens_minted)} tokens`));
  if (silent) all.push(line("silent", "bad"));
  if (status !== "active") all.push(line(status, "bad"));
  return all;
}
