import type { Message } from "../conversation/message";
import type { Action } from "../conversation/state";
import { ResponderError, type Failure, type Responder } from "../responder/responder";
import { paced } from "./pace";

const INCOMPLETE: Failure = {
  reason: "cut-off",
  problem: "The reply broke off.",
  remedy: "Try again.",
};

/**
 * Ask for a reply and report it, event by event, until it is done or has failed.
 *
 * Nothing is reported once the signal is aborted.
 */
export async function follow(
  responder: Responder,
  conversation: readonly Message[],
  signal: AbortSignal,
  report: (action: Action) => void,
): Promise<void> {
  let done = false;
  try {
    for await (const event of paced(responder.answer(conversation, signal), signal)) {
      done ||= event.event === "done";
      report({ type: "replied", event, at: Date.now() });
    }
    if (!done && !signal.aborted) report({ type: "failed", failure: INCOMPLETE });
  } catch (error) {
    if (signal.aborted) return;
    const expected = error instanceof ResponderError;
    report({ type: "failed", failure: expected ? error.failure : INCOMPLETE });
    if (!expected) throw error;
  }
}
