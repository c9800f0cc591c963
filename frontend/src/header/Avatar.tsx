import { firstGraphemes } from "../conversation/emoji";
import type { BotCard } from "../responder/responder";
import "./Avatar.css";

/** The grey disc with the initials; the name beside it says the same to a screen reader. */
export function Avatar({ bot }: { readonly bot: BotCard }) {
  return (
    <span className="avatar" aria-hidden="true">
      {firstGraphemes(bot.initials || bot.name, bot.initials ? 2 : 1).toLocaleUpperCase()}
    </span>
  );
}
