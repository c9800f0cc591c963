import type { ReplyEvent } from "../responder/responder";

/** Nobody waits longer than this for one bubble, whatever the responder asks for. */
const MAX_PAUSE_SECONDS = 20;

/**
 * The events of a reply at the speed of a person who types it: a bubble comes no earlier than the
 * `seconds` of its typing event.
 *
 * The pause is counted from when the dots appear. Time that the responder needs anyway is part of
 * it and not added to it.
 */
export async function* paced(
  events: AsyncIterable<ReplyEvent>,
  signal: AbortSignal,
): AsyncGenerator<ReplyEvent, void, undefined> {
  let due = 0;
  for await (const event of events) {
    if (event.event === "typing") {
      due = performance.now() + Math.min(event.seconds, MAX_PAUSE_SECONDS) * 1000;
    } else if (event.event === "bubble") {
      await pause(due - performance.now(), signal);
    }
    if (signal.aborted) return;
    yield event;
  }
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
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
