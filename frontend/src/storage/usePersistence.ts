import { useEffect, useRef } from "react";
import type { Message } from "../conversation/message";
import { sharedLength, type ConversationStore } from "./store";

/** Stores every change of a conversation as it happens. `messages` starts as it was loaded. */
export function usePersistence(
  store: ConversationStore,
  bot: string,
  messages: readonly Message[],
): void {
  const saved = useRef(messages);
  useEffect(() => {
    const before = saved.current;
    if (before === messages) return;
    saved.current = messages;
    const unchanged = sharedLength(before, messages);
    store.save(bot, unchanged, messages.slice(unchanged)).catch((error: unknown) => {
      // A full disk must not end the conversation; the next change tries again from here.
      saved.current = before.slice(0, Math.min(unchanged, saved.current.length));
      console.warn("The conversation could not be stored.", error);
    });
  }, [store, bot, messages]);
}
