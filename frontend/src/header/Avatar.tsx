import type { BotCard } from "../responder/responder";
import { initials } from "./initials";
import "./Avatar.css";

/** The grey disc with the initials; the name beside it says the same to a screen reader. */
export function Avatar({ bot }: { readonly bot: BotCard }) {
  return (
    <span className="avatar" aria-hidden="true">
      {initials(bot)}
    </span>
  );
}
