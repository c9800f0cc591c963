import { isEmoji } from "./emoji";
import type { Message, Reaction, Sender } from "./message";

/** The six that every iPhone offers, in their order: how they look, and what they are called. */
export const CLASSICS = [
  { kind: "loved", glyph: "❤️", verb: "Loved" },
  { kind: "liked", glyph: "👍", verb: "Liked" },
  { kind: "disliked", glyph: "👎", verb: "Disliked" },
  { kind: "laughed", glyph: "😂", verb: "Laughed at" },
  { kind: "emphasised", glyph: "‼️", verb: "Emphasised" },
  { kind: "questioned", glyph: "❓", verb: "Questioned" },
] as const;

/** How a reaction looks; undefined for what is neither a classic nor an emoji. */
export function glyph(kind: string): string | undefined {
  // Some apps leave out the sign that makes an emoji of a character: ❤ for ❤️.
  const shown = classic(kind)?.glyph ?? (isEmoji(kind) ? kind : `${kind}\uFE0F`);
  return isEmoji(shown) ? shown : undefined;
}

/** What a reaction is called where it cannot be seen: "Loved", or "Reacted 🎉 to". */
export function verb(kind: string): string {
  return classic(kind)?.verb ?? `Reacted ${kind} to`;
}

function classic(kind: string) {
  return CLASSICS.find((each) => each.kind === kind);
}

/** The message with this side's reaction in place of the one it had. */
export function reacted(message: Message, from: Sender, kind: string): Message {
  return { ...message, reactions: [...others(message, from), { from, kind }] };
}

/** The message with this side's reaction, or without it if it is of this kind already. */
export function toggled(message: Message, from: Sender, kind: string): Message {
  if (reactionOf(message, from) !== kind) return reacted(message, from, kind);
  return { ...message, reactions: others(message, from) };
}

function others({ reactions }: Message, from: Sender): readonly Reaction[] {
  return reactions?.filter((reaction) => reaction.from !== from) ?? [];
}

/** The kind of this side's reaction to a message, if there is one. */
export function reactionOf(message: Message, from: Sender): string | undefined {
  return message.reactions?.find((reaction) => reaction.from === from)?.kind;
}
