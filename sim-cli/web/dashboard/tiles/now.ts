// "Power now": the newest interval of which all meters have reported.

import type { CurvePoint, Summary } from "../api.ts";
import { byId, figures } from "../dom.ts";
import { clock, date, kilowatts, tokens, words } from "../format.ts";
import { zonesOf } from "../zones.ts";
import { silentMeters } from "./alerts.ts";

export function showNow(summary: Summary, curve: CurvePoint[]): void {
  // A silent meter is not waited for. While no interval is complete, the newest is shown.
  const expected = summary.meters.filter((meter) => meter.status === "active").length - silentMeters(summary).size;
  const last = curve.findLast((point) => point.readings >= expected) ?? curve.at(-1);
  const part = last && last.readings < expected ? `, ${last.readings} of ${expected} meters` : "";
  byId("moment").textContent = last
    ? `${date(last.timestamp)}, interval until ${clock(last.timestamp)}${part}`
    : "No readings yet";
  const [generated, consumed] = [last?.energy_generated ?? 0, last?.energy_consumed ?? 0];
  const zones = zonesOf(summary, curve).filter((zone) => last && zone.name in last.consumed_by_zone);
  figures(byId("now"), [
    { name: "Generation", value: kilowatts(generated), unit: "kW", kind: "sun" },
    { name: "Consumption", value: kilowatts(consumed), unit: "kW" },
    {
      name: generated > consumed ? "To the grid" : "From the grid",
      value: kilowatts(Math.abs(generated - consumed)),
      unit: "kW",
    },
    ...zones.map(({ name }) => ({ name: words(name), value: kilowatts(last?.consumed_by_zone[name]), unit: "kW" })),
    { name: "Energy tokens in circulation", value: tokens(summary.energy_token_supply), unit: "kWh" },
  ]);
}
