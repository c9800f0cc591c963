/** Who wrote a message, as in the HTTP contract: "me" is the bot, "them" the visitor. */
export type Sender = "me" | "them";

/** A tapback. Each side has at most one on a message. */
export interface Reaction {
  readonly from: Sender;
  /** `loved`, `liked`, `disliked`, `laughed`, `emphasised`, `questioned`, or any emoji. */
  readonly kind: string;
}

/** One bubble of the conversation. Times are milliseconds since 1970. */
export interface Message {
  /** Unique within the conversation; it stays the same however often the message is retried. */
  readonly id: string;
  readonly from: Sender;
  readonly text: string;
  readonly sentAt: number;
  /** When the bot began to answer it (the visitor's messages only). */
  readonly readAt?: number;
  /** It could not be delivered and waits for a retry (the visitor's messages only). */
  readonly failed?: true | undefined;
  /** A reply to it was completed, be it without any bubble (the visitor's messages only). */
  readonly answered?: true;
  /** The id of the message that it answers, where the visitor chose one. */
  readonly replyTo?: string;
  /** More bubbles of the same reply were still to come (the bot's messages only). */
  readonly unfinished?: true | undefined;
  readonly reactions?: readonly Reaction[];
}

/** The longest message that the server takes. */
export const MAX_TEXT_LENGTH = 4000;

/**
 * A random id of 128 bits.
 *
 * `crypto.randomUUID` would be shorter, but is missing on plain http:// (a phone on the same
 * network that opens the app by its address).
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The messages since the other side's last one. */
export function trailing(messages: readonly Message[], from: Sender): readonly Message[] {
  return messages.slice(messages.findLastIndex((message) => message.from !== from) + 1);
}

/** The burst that is still to be answered. */
export function unanswered(messages: readonly Message[]): readonly Message[] {
  return trailing(messages, "them").filter((message) => !message.answered);
}
