import { useEffect, useEffectEvent, type ActionDispatch } from "react";
import type { Action, State } from "../conversation/state";
import type { Responder } from "../responder/responder";
import { follow } from "./follow";

/**
 * Carries out the phase that the conversation is in: waits, or fetches the reply.
 *
 * A phase that ends takes its work with it, so an interruption is nothing but the next phase.
 */
export function useReply(
  { phase, messages }: State,
  dispatch: ActionDispatch<[Action]>,
  responder: Responder,
): void {
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
    follow(responder, messages, signal, dispatch),
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
    // Without a failure at hand the app was reloaded since, and the cause may be gone as well.
    if (phase.name !== "failed" || (phase.failure ?? UNKNOWN).reason !== "unreachable") return;
    const retry = () => {
      dispatch({ type: "retried" });
    };
    addEventListener("online", retry);
    return () => {
      removeEventListener("online", retry);
    };
  }, [phase, dispatch]);
}

const UNKNOWN = { reason: "unreachable" } as const;
