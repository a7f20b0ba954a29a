// The gateway's key: taken from the address or asked for, kept in this tab only.

import { Gateway } from "./api.ts";
import { byId } from "./dom.ts";

/** Several gateways may stand under one origin, each with its own path. */
const STORED = `key of ${Gateway.base.pathname}`;

/** The key of the address (`#key=`, which leaves the address then) or of this tab; empty where there is none. */
export function givenKey(): string {
  const given = location.hash.match(/^#key=(.+)/)?.[1];
  if (location.hash) history.replaceState(null, "", location.pathname);
  // A plus sign is a plus sign here.
  return given ? decodeURIComponent(given) : (sessionStorage.getItem(STORED) ?? "");
}

/** Hides the tiles and asks for a key; `why` says what was wrong with the last one. */
export function askForKey(why: string): void {
  for (const node of document.querySelectorAll<HTMLElement>("main > *")) node.hidden = node.id !== "locked";
  byId("wrong").textContent = why;
  byId("key").focus();
}

/** Shows the tiles and keeps the key in this tab. */
export function acceptKey(key: string): void {
  sessionStorage.setItem(STORED, key);
  for (const node of document.querySelectorAll<HTMLElement>("main > *")) node.hidden = node.id === "locked";
}

/** Calls `use` with each key that somebody enters. */
export function onKey(use: (key: string) => void): void {
  byId("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    use((byId("key") as HTMLInputElement).value.trim());
  });
}
