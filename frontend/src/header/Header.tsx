import type { BotCard } from "../responder/responder";
import { Avatar } from "./Avatar";
import "./Header.css";

interface Props {
  readonly bot: BotCard;
  readonly onShowCard: () => void;
}

/** Who this is; a tap opens the contact card. */
export function Header({ bot, onShowCard }: Props) {
  return (
    <header className="header">
      <h1>
        <button type="button" className="contact" aria-haspopup="dialog" onClick={onShowCard}>
          <Avatar bot={bot} />
          <span className="contact-name">
            <span className="contact-words" dir="auto">
              {bot.name}
            </span>
            <span className="contact-chevron" aria-hidden="true">
              ›
            </span>
            <span className="visually-hidden">contact card</span>
          </span>
        </button>
      </h1>
    </header>
  );
}
