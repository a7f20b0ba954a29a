// Numbers, times and names as people read them.

let timeZone = "UTC";
let gatewayTime = 0;
let heardAt = 0;

/** Sets the department's time zone and what the gateway's clock shows now, Unix seconds. */
export function setClock(time: number, zone = timeZone): void {
  [gatewayTime, heardAt, timeZone] = [time, Date.now(), zone];
}

/** The gateway's time now, Unix seconds. It may be simulated time. */
export const now = (): number => gatewayTime + Math.round((Date.now() - heardAt) / 1000);

export const decimal = (value: number | string, digits: number): string =>
  Number(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const count = (value: number): string => value.toLocaleString("en");

/** Energy of one interval in kWh, as mean power in kW: an interval is a quarter of an hour. */
export const power = (energy: number | undefined): number => (energy ?? 0) * 4;

export const kilowatts = (energy: number | undefined): string => decimal(power(energy), 1);

/** Energy tokens from base units (9 decimals). */
export const tokens = (baseUnits: string): string => decimal(Number(BigInt(baseUnits) / 1_000_000n) / 1000, 3);

/** The time of day in the department's time zone. */
export const clock = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });

export const date = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone });

export function age(seconds: number): string {
  const minutes = Math.max(0, Math.round((now() - seconds) / 60));
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}

/** A name of the interface in words: `faculty_office` is "faculty office". */
export const words = (name: string): string => name.replaceAll("_", " ");
