// "The last day": generation as a line over the zones' consumption as stacked areas, kW.

import type { CurvePoint, Summary } from "../api.ts";
import { Chart, draw, type Frame } from "../chart.ts";
import { byId, legend, row } from "../dom.ts";
import { clock, kilowatts, power, words } from "../format.ts";
import { type Zone, zonesOf } from "../zones.ts";

const INTERVAL = 900;
const DAY = 86_400;
const SUN = "var(--sun-fill)";

const chart = new Chart(byId("day"), byId("day-readout"));

export function showDay(summary: Summary, curve: CurvePoint[]): void {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last) {
    chart.clear("No readings yet");
    return;
  }
  const zones = zonesOf(summary, curve).filter(({ name }) => curve.some((point) => name in point.consumed_by_zone));
  legend(byId("day-legend"), [
    { name: "generation", color: SUN, line: true },
    ...zones.map(({ name, color }) => ({ name: `consumption: ${words(name)}`, color })),
  ]);
  const describe = (point: CurvePoint) => {
    const parts = zones.map(({ name }) => `${words(name)} ${kilowatts(point.consumed_by_zone[name])}`).join(", ");
    return (
      `Until ${clock(point.timestamp)}: generation ${kilowatts(point.energy_generated)} kW, ` +
      `consumption ${kilowatts(point.energy_consumed)} kW (${parts})`
    );
  };
  const from = Math.min(first.timestamp - INTERVAL, last.timestamp - DAY);
  const highest = Math.max(...curve.map((point) => power(Math.max(point.energy_consumed, point.energy_generated))));
  chart.show({
    from,
    until: last.timestamp,
    panels: [
      {
        height: Math.min(360, Math.max(170, chart.host.clientWidth * 0.42)),
        low: 0,
        high: Math.max(1, highest) * 1.06,
      },
    ],
    paint: (frame) => paint(frame, curve, zones),
    times: curve.map((point) => point.timestamp),
    describe: (index) => describe(curve[index] ?? last),
    label: `Generation and consumption by zone from ${clock(from)} to ${clock(last.timestamp)}. ${describe(last)}`,
    clock,
  });
  byId("day-table").replaceChildren(
    row("th", ["until", "generation kW", "consumption kW", ...zones.map(({ name }) => words(name))]),
    ...curve.map((point) =>
      row("td", [
        clock(point.timestamp),
        kilowatts(point.energy_generated),
        kilowatts(point.energy_consumed),
        ...zones.map(({ name }) => kilowatts(point.consumed_by_zone[name])),
      ]),
    ),
  );
}

/** Runs of intervals without a gap: where readings are missing, nothing is drawn. */
function runs(curve: CurvePoint[]): CurvePoint[][] {
  const all: CurvePoint[][] = [];
  for (const point of curve) {
    const run = all.at(-1);
    if (run?.at(-1)?.timestamp === point.timestamp - INTERVAL) run.push(point);
    else all.push([point]);
  }
  return all;
}

function paint({ svg, x, y: [y] }: Frame, curve: CurvePoint[], zones: Zone[]): void {
  if (!y) return;
  for (const run of runs(curve)) {
    // An interval's mean power stands over the whole interval: two corners for each.
    const corners = (values: number[]) =>
      run.flatMap(({ timestamp }, index) =>
        [timestamp - INTERVAL, timestamp].map((time) => `${x(time)},${y(values[index] ?? 0)}`),
      );
    let below = run.map(() => 0);
    for (const { name, color } of zones) {
      const above = run.map((point, index) => (below[index] ?? 0) + power(point.consumed_by_zone[name]));
      const points = [...corners(above), ...corners(below).reverse()].join(" ");
      svg.append(draw("polygon", { points, fill: color, "fill-opacity": 0.75 }));
      below = above;
    }
    const points = corners(run.map((point) => power(point.energy_generated))).join(" ");
    for (const [stroke, width] of [
      ["var(--card)", 5],
      [SUN, 2.5],
    ] as const) {
      svg.append(draw("polyline", { points, fill: "none", stroke, "stroke-width": width }));
    }
  }
}
