import type { Message } from "../conversation/message";
import type { BotCard } from "../responder/responder";
import type { ConversationStore } from "./store";

/** Conversations that are gone with the page. */
export function memoryStore(): ConversationStore {
  const conversations = new Map<string, readonly Message[]>();
  let kept: BotCard | undefined;
  return {
    load: (bot) => Promise.resolve([...(conversations.get(bot) ?? [])]),
    save(bot, position, tail) {
      const before = (conversations.get(bot) ?? []).slice(0, position);
      conversations.set(bot, [...before, ...tail]);
      return Promise.resolve();
    },
    card: () => Promise.resolve(kept),
    keepCard(card) {
      kept = card;
      return Promise.resolve();
    },
  };
}
