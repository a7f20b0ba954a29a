// "Market": the last price, what was traded, and the auctions of the last day.

import type { Auction, Market } from "../api.ts";
import { Chart, draw, type Frame } from "../chart.ts";
import { byId, figures } from "../dom.ts";
import { clock, count, decimal } from "../format.ts";

const INTERVAL = 900;
const DAY = 86_400;
const COLOR = "var(--zone-1)";

const chart = new Chart(byId("auctions"), byId("auctions-readout"));

type Timed = Auction & { time: number };
const energy = (wattHours: number) => decimal(wattHours / 1000, 3);

export function showMarket(market: Market): void {
  const auctions = market.intervals.map((one) => ({ ...one, time: Date.parse(one.interval_end_utc) / 1000 }));
  const traded = auctions.filter((one) => one.price !== null);
  const lastTraded = traded.at(-1);
  figures(byId("market"), [
    {
      name: "Last price",
      value: lastTraded ? decimal(lastTraded.price ?? 0, 2) : "–",
      note: lastTraded ? `baht per kWh, energy until ${clock(lastTraded.time)}` : "nothing traded yet",
    },
    { name: "Traded, last day", value: energy(auctions.reduce((sum, one) => sum + one.traded_wh, 0)), unit: "kWh" },
    { name: "Open orders", value: count(market.orders.length) },
    {
      name: "The grid pays and asks",
      value: `${decimal(market.feed_in_tariff, 2)} – ${decimal(market.retail_tariff, 2)}`,
      note: "baht per kWh",
    },
  ]);
  const [first, last] = [auctions[0], auctions.at(-1)];
  if (!first || !last) {
    chart.clear("No auctions yet");
    return;
  }
  const most = Math.max(0.1, ...auctions.map((one) => one.traded_wh / 1000));
  chart.show({
    from: Math.min(first.time - INTERVAL, last.time - DAY),
    until: last.time,
    panels: [
      { height: 110, low: Number(market.feed_in_tariff), high: Number(market.retail_tariff) },
      { height: 70, low: 0, high: most * 1.1 },
    ],
    paint: (frame) => paint(frame, traded),
    times: auctions.map((one) => one.time),
    describe: (index) => describe(auctions[index] ?? last),
    label: `Auctions of the last day: ${traded.length} with trades. ${describe(last)}`,
    clock,
  });
}

function describe({ time, price, supply_wh, traded_wh }: Timed): string {
  return price === null
    ? `Until ${clock(time)}: nothing traded, supply ${energy(supply_wh)} kWh`
    : `Until ${clock(time)}: ${energy(traded_wh)} kWh at ${decimal(price, 2)} baht per kWh`;
}

function paint({ svg, x, y: [price, kilowattHours] }: Frame, traded: Timed[]): void {
  if (!price || !kilowattHours) return;
  for (const one of traded) {
    const [left, right] = [x(one.time - INTERVAL + 60), x(one.time - 60)];
    const [top, bottom] = [kilowattHours(one.traded_wh / 1000), kilowattHours(0)];
    svg.append(draw("circle", { cx: (left + right) / 2, cy: price(Number(one.price)), r: 3, fill: COLOR }));
    const bar = { x: left, width: Math.max(1.5, right - left), y: top, height: bottom - top };
    svg.append(draw("rect", { ...bar, fill: COLOR }));
  }
}
