import type { Message } from "../conversation/message";
import type { BotCard } from "../responder/responder";
import { openIndexedDb } from "./indexeddb";
import { memoryStore } from "./memory";

/** Keeps conversations, one for each bot that is served from this address, and who was there last. */
export interface ConversationStore {
  /** Every message, oldest first. */
  load(bot: string): Promise<Message[]>;

  /**
   * Replaces the end of a conversation: what is stored from `position` on makes room for `tail`.
   *
   * Saves are carried out in the order in which they are asked for. An empty tail at position 0
   * deletes the conversation.
   */
  save(bot: string, position: number, tail: readonly Message[]): Promise<void>;

  /** Whom the app showed last, so that it can without a network; undefined at the first time. */
  card(): Promise<BotCard | undefined>;

  keepCard(card: BotCard): Promise<void>;
}

/** The browser's own storage, or memory where a browser refuses it (some private windows). */
export async function openStore(): Promise<ConversationStore> {
  try {
    return await openIndexedDb();
  } catch (error) {
    console.warn("This browser keeps no conversations; a reload will lose this one.", error);
    return memoryStore();
  }
}

/** How many messages at the beginning are the very same in both lists. */
export function sharedLength(before: readonly Message[], after: readonly Message[]): number {
  const different = after.findIndex((message, index) => message !== before[index]);
  return different === -1 ? after.length : different;
}
