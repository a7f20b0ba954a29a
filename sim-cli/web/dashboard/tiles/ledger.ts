// "Journal and ledger": whether they work, and what has become of the readings.

import type { Summary } from "../api.ts";
import { byId, element, type Figure, figures } from "../dom.ts";
import { count, decimal } from "../format.ts";

export function showLedger({ health, readings, totals }: Summary): void {
  const part = (name: string, trouble: string | null): Figure => ({
    name,
    value: element("span", { class: `state ${trouble ? "bad" : "good"}` }, trouble ? "trouble" : "works"),
    ...(trouble ? { note: trouble } : {}),
  });
  const held = Object.values(health.held).reduce((sum, { meters }) => sum + meters.length, 0);
  const conflicts = Object.values(health.conflicts).reduce((sum, { intervals }) => sum + intervals, 0);
  figures(byId("state"), [
    part("Journal", health.journal),
    part("Ledger", health.ledger),
    ...(health.clock ? [part("Clock", health.clock)] : []),
    { name: "Meters the ledger does not take now", value: count(held) },
    { name: "Intervals of which the ledger has other values", value: count(conflicts) },
    { name: "Readings confirmed", value: count(readings.confirmed) },
    { name: "On their way", value: count(readings.journaled + readings.submitted) },
    { name: "Rejected by the ledger", value: count(readings.rejected) },
    { name: "Generated since the founding", value: decimal(totals.energy_generated, 1), unit: "kWh" },
    { name: "Consumed since the founding", value: decimal(totals.energy_consumed, 1), unit: "kWh" },
  ]);
}
