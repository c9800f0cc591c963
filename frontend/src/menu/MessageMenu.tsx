import { useEffect, useRef, useState, type MouseEvent } from "react";
import { useModal } from "../overlay/useModal";
import { firstGraphemes, isEmoji } from "../conversation/emoji";
import type { Message } from "../conversation/message";
import { CLASSICS, glyph, reactionOf } from "../conversation/reactions";
import { copy } from "./copy";
import "./MessageMenu.css";

interface Props {
  readonly message: Message;
  /** Where its bubble is, in the coordinates of the window. */
  readonly anchor: DOMRect;
  readonly onReact: (kind: string) => void;
  readonly onReply: () => void;
  readonly onClose: () => void;
}

/** What can be done with a message: react to it, answer it, copy it. */
export function MessageMenu({ message, anchor, onReact, onReply, onClose }: Props) {
  const dialog = useModal();
  useEffect(() => {
    // When a phone is turned the bubble is elsewhere; its keyboard changes the height alone.
    const width = innerWidth;
    const turned = () => {
      if (innerWidth !== width) dialog.current?.close();
    };
    addEventListener("resize", turned);
    return () => {
      removeEventListener("resize", turned);
    };
  }, [dialog]);

  const close = () => dialog.current?.close();
  // The finger that opened the menu with a long press is still to be lifted, and lifting it is a
  // click too, but one that began elsewhere.
  const pressed = useRef(false);
  const closeOutside = (event: MouseEvent) => {
    if (pressed.current && event.target === dialog.current) close();
  };
  const react = (kind: string) => {
    onReact(kind);
    close();
  };

  const side = message.from === "them" ? "sent" : "received";
  return (
    <dialog
      ref={dialog}
      className={`menu ${side}`}
      aria-label="Message"
      onClose={onClose}
      onPointerDown={() => {
        pressed.current = true;
      }}
      onClick={closeOutside}
    >
      <div className="menu-place" style={place(anchor, side)}>
        <ReactionBar own={reactionOf(message, "them")} onReact={react} />
        <div className="menu-gap" style={{ height: anchor.height + 16 }} aria-hidden="true" />
        <div className="menu-actions">
          <button
            type="button"
            onClick={() => {
              onReply();
              close();
            }}
          >
            Reply
          </button>
          <button
            type="button"
            onClick={() => {
              copy(message.text).then(close, (error: unknown) => {
                console.warn("The message could not be copied.", error);
              });
            }}
          >
            Copy
          </button>
        </div>
      </div>
    </dialog>
  );
}

interface BarProps {
  /** The visitor's reaction so far. */
  readonly own: string | undefined;
  readonly onReact: (kind: string) => void;
}

function ReactionBar({ own, onReact }: BarProps) {
  const [choosing, setChoosing] = useState(false);
  const others = own === undefined || CLASSICS.some(({ kind }) => kind === own) ? [] : [own];
  if (choosing) return <AnyEmoji onReact={onReact} />;
  return (
    <div className="menu-bar" role="group" aria-label="React">
      {CLASSICS.map(({ kind, glyph: picture, verb }) => (
        <Choice
          key={kind}
          picture={picture}
          name={verb}
          chosen={kind === own}
          kind={kind}
          onReact={onReact}
        />
      ))}
      {others.map((kind) => (
        <Choice
          key={kind}
          picture={glyph(kind) ?? ""}
          name={kind}
          chosen
          kind={kind}
          onReact={onReact}
        />
      ))}
      <button
        type="button"
        className="menu-more"
        aria-label="Any emoji"
        onClick={() => {
          setChoosing(true);
        }}
      >
        <span aria-hidden="true">+</span>
      </button>
    </div>
  );
}

interface ChoiceProps extends Pick<BarProps, "onReact"> {
  readonly kind: string;
  readonly picture: string;
  readonly name: string;
  readonly chosen: boolean;
}

function Choice({ kind, picture, name, chosen, onReact }: ChoiceProps) {
  return (
    <button
      type="button"
      aria-label={name}
      aria-pressed={chosen}
      onClick={() => {
        onReact(kind);
      }}
    >
      <span aria-hidden="true">{picture}</span>
    </button>
  );
}

/** The keyboard's own emoji: the first one that is typed is the reaction. */
function AnyEmoji({ onReact }: Pick<BarProps, "onReact">) {
  const [wrong, setWrong] = useState(false);
  return (
    <div className="menu-bar">
      <input
        className="menu-emoji"
        aria-label="An emoji to react with"
        aria-invalid={wrong}
        placeholder={wrong ? "One emoji, please" : "Type an emoji"}
        autoComplete="off"
        autoFocus
        value=""
        onChange={(event) => {
          const typed = firstGraphemes(event.target.value.trim(), 1);
          setWrong(!isEmoji(typed));
          if (isEmoji(typed)) onReact(typed);
        }}
      />
    </div>
  );
}

const BAR_PX = 60;
const ACTIONS_PX = 112;
const MARGIN_PX = 8;

/** Above and below the bubble where there is room, and within the window in any case. */
function place(anchor: DOMRect, side: "sent" | "received") {
  const lowest = innerHeight - MARGIN_PX - ACTIONS_PX - anchor.height - BAR_PX - 16;
  const top = Math.max(MARGIN_PX, Math.min(anchor.top - BAR_PX, lowest));
  return side === "sent"
    ? { top, right: Math.max(MARGIN_PX, document.documentElement.clientWidth - anchor.right) }
    : { top, left: Math.max(MARGIN_PX, anchor.left) };
}
