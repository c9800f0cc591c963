import type { ReplyEvent } from "../responder/responder";

/** A bot in real time may take as long as the person; timers know no more than some 24 days. */
const MAX_PAUSE_SECONDS = 24 * 3600;

/**
 * The events of a reply at the speed of a person who types it: the dots, and a reaction, come
 * `after` so many seconds, and a bubble no earlier than the `seconds` of its typing event.
 *
 * Each pause is counted from the event before. Time that the responder needs anyway is part of
 * it and not added to it.
 */
export async function* paced(
  events: AsyncIterable<ReplyEvent>,
  signal: AbortSignal,
): AsyncGenerator<ReplyEvent, void, undefined> {
  let since = performance.now();
  let typing: number | undefined;
  for await (const event of events) {
    if (event.event === "typing" && typing !== undefined) {
      // The dots are there already: now it is known how long they take.
      typing = event.seconds;
      continue;
    }
    if (event.event === "bubble") await pause(since, typing ?? 0, signal);
    else if (event.event !== "done") await pause(since, event.after, signal);
    if (signal.aborted) return;
    since = performance.now();
    typing = event.event === "typing" ? event.seconds : undefined;
    yield event;
  }
}

/** Resolves so many seconds after a time, or as soon as the signal is aborted. */
function pause(since: number, seconds: number, signal: AbortSignal): Promise<void> {
  const ms = since + Math.min(seconds, MAX_PAUSE_SECONDS) * 1000 - performance.now();
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
