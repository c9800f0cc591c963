import type { Message } from "../conversation/message";
import type { Action } from "../conversation/state";
import { CUT_OFF, ResponderError, type Responder } from "../responder/responder";
import { paced } from "./pace";

/**
 * Ask for a reply and report it, event by event, until it is done or has failed.
 *
 * Nothing is reported once the signal is aborted.
 */
export async function follow(
  responder: Responder,
  bot: string,
  conversation: readonly Message[],
  signal: AbortSignal,
  report: (action: Action) => void,
): Promise<void> {
  let done = false;
  try {
    for await (const event of paced(responder.answer(bot, conversation, signal), signal)) {
      done ||= event.event === "done";
      report({ type: "replied", event, at: Date.now() });
    }
    if (!done && !signal.aborted) report({ type: "failed", failure: CUT_OFF });
  } catch (error) {
    if (signal.aborted) return;
    const expected = error instanceof ResponderError;
    report({ type: "failed", failure: expected ? error.failure : CUT_OFF });
    if (!expected) throw error;
  }
}
