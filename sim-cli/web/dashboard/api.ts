// What the gateway answers, and how it is asked. The shapes are those of /openapi.json.

/** Energy in kWh since the department was founded, and energy tokens in base units (9 decimals). */
export interface Registers {
  energy_generated: number;
  energy_consumed: number;
  energy_tokens_minted: string;
  readings: number;
}

export interface ZoneTotals extends Registers {
  zone: string;
  meters: number;
}

/** Energy in kWh of the interval that ends at `timestamp`, Unix seconds. */
export interface Reading {
  meter_id: string;
  timestamp: number;
  energy_generated: number;
  energy_consumed: number;
  state: "journaled" | "submitted" | "confirmed" | "rejected";
  reason: string | null;
}

export interface MeterTotals extends Registers {
  meter_id: string;
  zone: string;
  status: string;
  last_reading: Reading | null;
}

export interface Alert {
  kind: string;
  subject: string;
  since: number;
  text: string;
}

/** A part that works is null; else it is the reason why the part does not work. */
export interface Health {
  journal: string | null;
  ledger: string | null;
  clock: string | null;
  held: Record<string, { meters: string[] }>;
  conflicts: Record<string, { intervals: number }>;
}

/** `GET api/engineering/meter-summary` */
export interface Summary {
  time_zone: string;
  time: number;
  totals: Registers;
  zones: ZoneTotals[];
  meters: MeterTotals[];
  energy_token_supply: string;
  readings: Record<Reading["state"], number>;
  health: Health;
  alerts: Alert[];
}

/** One interval of `GET api/engineering/intervals`, energy in kWh; `timestamp` is its end, Unix seconds. */
export interface CurvePoint {
  timestamp: number;
  readings: number;
  energy_generated: number;
  energy_consumed: number;
  consumed_by_zone: Record<string, number>;
}

/** Energy in Wh, prices in baht per kWh as decimal text. */
export interface Auction {
  interval_end_utc: string;
  supply_wh: number;
  price: string | null;
  traded_wh: number;
}

/** `GET api/engineering/market` */
export interface Market {
  feed_in_tariff: string;
  retail_tariff: string;
  orders: unknown[];
  intervals: Auction[];
}

/** The gateway refuses the key; the message says why. */
export class Locked extends Error {}

/** The gateway, with one key, until `session` is aborted. */
export class Gateway {
  // The page may stand under a path prefix of a reverse proxy, with a slash at its end or without.
  static readonly base = new URL(location.pathname.replace(/\/?$/, "/"), location.origin);

  constructor(
    readonly key: string,
    readonly session: AbortSignal,
  ) {}

  /** Asks for `path`, relative to the page. Throws `Locked` where the key is refused, an `Error` for people otherwise. */
  async ask(path: string, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Response> {
    const request = {
      headers: { Authorization: `Bearer ${this.key}`, ...headers },
      cache: "no-store" as const,
      signal: AbortSignal.any([signal, this.session]),
    };
    let answer: Response;
    try {
      answer = await fetch(new URL(path, Gateway.base), request);
    } catch {
      throw new Error("the gateway does not answer");
    }
    if (answer.ok) return answer;
    const problem: { detail?: string } = await answer.json().catch(() => ({}));
    const text = problem.detail ?? `the gateway answers with status ${answer.status}`;
    throw answer.status === 401 || answer.status === 403 ? new Locked(text) : new Error(text);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.ask(path, AbortSignal.timeout(20_000));
    return answer.json();
  }

  summary = () => this.get<Summary>("api/engineering/meter-summary");
  intervals = () => this.get<CurvePoint[]>("api/engineering/intervals");
  market = () => this.get<Market>("api/engineering/market");
}
