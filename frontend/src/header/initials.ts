import { firstGraphemes } from "../conversation/emoji";
import type { BotCard } from "../responder/responder";

/** Two letters at most, for the round picture and the icon. */
export function initials({ name, initials: given }: BotCard): string {
  return firstGraphemes(given || name, given ? 2 : 1).toLocaleUpperCase();
}
