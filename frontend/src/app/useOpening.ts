import { useCallback, useEffect, useState } from "react";
import type { Message } from "../conversation/message";
import { ResponderError, type BotCard, type Failure, type Responder } from "../responder/responder";
import type { ConversationStore } from "../storage/store";

export type Opening =
  | { readonly name: "opening" }
  | { readonly name: "unreachable"; readonly failure: Failure }
  | {
      readonly name: "open";
      readonly bot: BotCard;
      readonly messages: readonly Message[];
      readonly store: ConversationStore;
    };

const OPENING: Opening = { name: "opening" };

/** A server that is being restarted is back within seconds. */
const RETRY_MS = 5000;

/** Whoever has been here before sees their conversation after so long, server or not. */
const PATIENCE_MS = 2000;

/**
 * Fetches who the bot is, and what was said to it before; tries again until both are there. Without
 * a network it is whoever it was the last time.
 */
export function useOpening(
  responder: Responder,
  storing: Promise<ConversationStore>,
): [Opening, () => void] {
  const [opening, setOpening] = useState<Opening>(OPENING);
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    setAttempt((count) => count + 1);
  }, []);

  useEffect(() => {
    let current = true;
    open(responder, storing).then(
      (result) => {
        if (current) setOpening(result);
      },
      (error: unknown) => {
        if (current) reportError(error);
      },
    );
    return () => {
      current = false;
    };
  }, [responder, storing, attempt]);

  useEffect(() => {
    if (opening.name !== "unreachable") return;
    const timer = setTimeout(retry, RETRY_MS);
    addEventListener("online", retry);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", retry);
    };
  }, [opening, retry]);

  return [opening, retry];
}

async function open(responder: Responder, storing: Promise<ConversationStore>): Promise<Opening> {
  try {
    const store = await storing;
    const bot = await whoever(responder, store);
    return { name: "open", bot, messages: await store.load(bot.name), store };
  } catch (error) {
    if (error instanceof ResponderError) return { name: "unreachable", failure: error.failure };
    throw error;
  }
}

async function whoever(responder: Responder, store: ConversationStore): Promise<BotCard> {
  const known = await store.card();
  const asked = responder.bot().then((bot) => {
    store.keepCard(bot).catch((error: unknown) => {
      console.warn("The app will not open without a network.", error);
    });
    // The conversation of somebody else is on the screen by now.
    if (shown && known?.name !== bot.name) location.reload();
    return bot;
  });
  let shown = false;
  if (known === undefined) return asked;
  return Promise.race([
    asked.catch((error: unknown) => {
      const offline = error instanceof ResponderError && error.failure.reason === "unreachable";
      if (offline) return known;
      throw error;
    }),
    new Promise<BotCard>((resolve) =>
      setTimeout(() => {
        shown = true;
        resolve(known);
      }, PATIENCE_MS),
    ),
  ]);
}
