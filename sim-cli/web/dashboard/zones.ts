// The department's zones: any number, with any names. Each has a colour of the style sheet.

import type { CurvePoint, Summary } from "./api.ts";

/** `--zone-1` to `--zone-6` in styles/base.css. */
const COLORS = 6;

export interface Zone {
  name: string;
  color: string;
}

/** The zones of the summary in their order, then those that only the curve has: meters that the department does not know. */
export function zonesOf(summary: Summary, curve: CurvePoint[] = []): Zone[] {
  const known = summary.zones.map((zone, index) => ({ name: zone.zone, color: `var(--zone-${(index % COLORS) + 1})` }));
  const named = new Set(curve.flatMap((point) => Object.keys(point.consumed_by_zone)));
  for (const { name } of known) named.delete(name);
  return [...known, ...[...named].map((name) => ({ name, color: "var(--zone-other)" }))];
}
