// The dashboard: loads the data by plain requests, shows it, and keeps it current by the event stream or, without one, by asking again.

import { type CurvePoint, Gateway, Locked, type Market, type Reading, type Summary } from "./api.ts";
import { byId } from "./dom.ts";
import { now, setClock } from "./format.ts";
import { acceptKey, askForKey, givenKey, onKey } from "./key.ts";
import { follow, type StreamEvent } from "./stream.ts";
import { showAlerts } from "./tiles/alerts.ts";
import { showDay } from "./tiles/day.ts";
import { showLedger } from "./tiles/ledger.ts";
import { showMarket } from "./tiles/market.ts";
import { showMeters } from "./tiles/meters.ts";
import { showNow } from "./tiles/now.ts";

/** At most one refresh in this time, however many events there are. */
const REST = 1_000;
/** How often the data is asked for while no event stream arrives. */
const POLL = 15_000;

let data: { summary?: Summary; curve?: CurvePoint[]; market?: Market } = {};
let gateway: Gateway | undefined;
let session = new AbortController();
let streaming = false;
/** When the data was asked for last. */
let asked = 0;
/** Why the last refresh failed; empty where it did not, undefined before the first. */
let trouble: string | undefined;

function showCharts(): void {
  const { summary, curve, market } = data;
  if (summary && curve) showDay(summary, curve);
  if (summary && market) showMarket(market);
}

function show(): void {
  const { summary, curve } = data;
  // The time zone and the zones come with the summary.
  if (!summary) return;
  showAlerts(summary);
  if (curve) showNow(summary, curve);
  showCharts();
  showMeters(summary);
  showLedger(summary);
}

function showStatus(): void {
  const texts = { locked: "locked", live: "live", polling: `updated every ${POLL / 1000} s`, connecting: "connecting" };
  const state = !gateway ? "locked" : streaming ? "live" : trouble === undefined ? "connecting" : "polling";
  byId("live").textContent = gateway && trouble ? `${trouble}; trying again` : texts[state];
  byId("live").className = `state ${gateway && !trouble ? "good" : "bad"}`;
}

let refreshing = false;
let again = false;

/** Asks for everything and shows what came. Called while it works, it works once more. */
async function refresh(): Promise<void> {
  if (refreshing || !gateway) {
    again = refreshing;
    return;
  }
  refreshing = true;
  asked = Date.now();
  const asking = gateway;
  const answers = await Promise.allSettled([asking.summary(), asking.intervals(), asking.market()]);
  if (asking === gateway) {
    const errors = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : []));
    const locked = errors.find((error) => error instanceof Locked);
    if (locked) {
      lock(locked.message);
    } else {
      const [summary, curve, market] = answers;
      // What could not be had stays as it was.
      if (summary.status === "fulfilled") data.summary = summary.value;
      if (curve.status === "fulfilled") data.curve = curve.value;
      if (market.status === "fulfilled") data.market = market.value;
      if (summary.status === "fulfilled") setClock(summary.value.time, summary.value.time_zone);
      trouble = errors[0]?.message ?? "";
      show();
      showStatus();
    }
  }
  setTimeout(() => {
    refreshing = false;
    if (again) refresh();
    again = false;
  }, REST);
}

/** Meters that have reported since the tiles were drawn. */
const fresh = new Set<string>();

function happened({ name, data: text }: StreamEvent): void {
  if (name !== "reading") {
    refresh();
    return;
  }
  const reading: Reading = JSON.parse(text);
  const meter = data.summary?.meters.find((one) => one.meter_id === reading.meter_id);
  if (!meter || (meter.last_reading && meter.last_reading.timestamp > reading.timestamp)) return;
  meter.last_reading = reading;
  setClock(Math.max(now(), reading.timestamp));
  // The readings of an interval come together: they are shown together.
  if (!fresh.size) setTimeout(showFresh, 50);
  fresh.add(reading.meter_id);
}

function showFresh(): void {
  if (data.summary) showMeters(data.summary, fresh);
  fresh.clear();
}

function lock(why: string): void {
  session.abort();
  gateway = undefined;
  askForKey(why);
  showStatus();
}

function unlock(key: string): void {
  if (!key) {
    lock("");
    return;
  }
  session.abort();
  session = new AbortController();
  const opened = new Gateway(key, session.signal);
  [gateway, data, streaming, trouble] = [opened, {}, false, undefined];
  acceptKey(key);
  showStatus();
  refresh();
  const connected = (is: boolean) => {
    if (opened !== gateway || is === streaming) return;
    streaming = is;
    // What happened while it was not connected comes by no event.
    refresh();
    showStatus();
  };
  follow(opened, connected, happened).catch((error: Error) => {
    if (opened === gateway) lock(error.message);
  });
}

onKey(unlock);
setInterval(() => {
  if ((!streaming || trouble) && Date.now() - asked >= POLL) refresh();
}, 1_000);
setInterval(() => {
  if (data.summary) showMeters(data.summary);
}, 30_000);
new ResizeObserver(showCharts).observe(byId("day"));
unlock(givenKey());
