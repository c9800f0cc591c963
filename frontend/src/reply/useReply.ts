import { useEffect, useEffectEvent, type ActionDispatch } from "react";
import { unanswered } from "../conversation/message";
import { toAnswer, type Action, type State } from "../conversation/state";
import type { Responder } from "../responder/responder";
import { follow } from "./follow";

/** A server that is being restarted is back within seconds; one that is not is left in peace. */
const RESUME_MS = 4000;
const MAX_RESUME_MS = 60_000;
/** A model that fails each time is not asked for ever. */
const MAX_CUT_OFF = 3;

/**
 * Carries out the phase that the conversation is in: waits, or fetches the reply.
 *
 * A phase that ends takes its work with it, so an interruption is nothing but the next phase.
 */
export function useReply(
  state: State,
  dispatch: ActionDispatch<[Action]>,
  responder: Responder,
  bot: string,
): void {
  const { phase } = state;
  const resumes = resumesByItself(state);
  useEffect(() => {
    if (phase.name !== "waiting") return;
    const timer = setTimeout(() => {
      dispatch({ type: "flushed" });
    }, phase.seconds * 1000);
    return () => {
      clearTimeout(timer);
    };
  }, [phase, dispatch]);

  const ask = useEffectEvent((signal: AbortSignal) =>
    follow(responder, bot, toAnswer(state), signal, dispatch),
  );
  useEffect(() => {
    if (phase.name !== "replying") return;
    const controller = new AbortController();
    void ask(controller.signal);
    return () => {
      controller.abort();
    };
  }, [phase]);

  useEffect(() => {
    if (phase.name !== "failed" || !resumes) return;
    const resume = () => {
      dispatch({ type: "resumed" });
    };
    const timer = setTimeout(resume, Math.min(RESUME_MS * 2 ** phase.resumed, MAX_RESUME_MS));
    addEventListener("online", resume);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", resume);
    };
  }, [phase, resumes, dispatch]);
}

/**
 * Whether the app tries again by itself: not what was refused, and not a reply of which half is
 * there to read. Without a failure at hand it was reloaded since, and the cause may be gone.
 */
function resumesByItself({ phase, messages }: State): boolean {
  if (phase.name !== "failed") return false;
  if (unanswered(messages).length === 0 || phase.failure?.reason === "refused") return false;
  return phase.failure?.reason !== "cut-off" || phase.resumed < MAX_CUT_OFF;
}
