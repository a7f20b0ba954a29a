// The gateway's event stream. The page shows its data without it; with it, what changes appears at once.

import { type Gateway, Locked } from "./api.ts";

export interface StreamEvent {
  name: string;
  data: string;
}

/** The gateway sends at least a comment every 15 s: after this long without a byte the connection counts as lost. */
const SILENCE = 40_000;

/** Reads one event of the stream: its lines without the empty line at the end. */
function parse(block: string): StreamEvent & { id: string } {
  const fields: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return { name: fields.event ?? "", data: fields.data ?? "{}", id: fields.id ?? "" };
}

/**
 * Follows the event stream and connects again where it breaks, until the session ends or the key is refused (then it throws `Locked`).
 * `connected` is told whether events arrive now.
 */
export async function follow(
  gateway: Gateway,
  connected: (now: boolean) => void,
  happened: (event: StreamEvent) => void,
): Promise<void> {
  let lastId = "";
  for (let pause = 500; !gateway.session.aborted; pause = Math.min(pause * 2, 10_000)) {
    const silence = new AbortController();
    let timer = 0;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE);
    };
    heard();
    try {
      const answer = await gateway.ask("events", silence.signal, lastId ? { "Last-Event-ID": lastId } : {});
      connected(true);
      pause = 500;
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let buffer = "", part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        heard();
        buffer += part.value;
        for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
          const event = parse(buffer.slice(0, end));
          buffer = buffer.slice(end + 2);
          if (event.id) lastId = event.id;
          if (event.name) happened(event);
        }
      }
    } catch (error) {
      if (error instanceof Locked) throw error;
    } finally {
      clearTimeout(timer);
    }
    if (gateway.session.aborted) return;
    connected(false);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
