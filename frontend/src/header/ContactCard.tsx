import { useEffect, useRef, useState, type MouseEvent } from "react";
import type { BotCard } from "../responder/responder";
import { Avatar } from "./Avatar";
import "./ContactCard.css";

interface Props {
  readonly bot: BotCard;
  readonly onClose: () => void;
  readonly onDelete: () => void;
}

/** What this bot is and where the words go; and the way to delete them. */
export function ContactCard({ bot, onClose, onDelete }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    // A modal <dialog> brings the focus trap, Escape and the return of the focus.
    dialog.current?.showModal();
  }, []);

  const closeOnBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) dialog.current.close();
  };

  return (
    <dialog
      ref={dialog}
      className="card"
      aria-labelledby="card-name"
      onClose={onClose}
      onClick={closeOnBackdrop}
    >
      <div className="card-body">
        <form method="dialog" className="card-bar">
          <button type="submit" className="text-button card-done">
            Done
          </button>
        </form>
        <Avatar bot={bot} />
        <h2 id="card-name" dir="auto">
          {bot.name}
        </h2>
        <About bot={bot} />
        <DeleteConversation onDelete={onDelete} />
      </div>
    </dialog>
  );
}

function About({ bot }: { readonly bot: BotCard }) {
  return (
    <div className="card-row card-about">
      <p>
        This is a bot. It imitates how <bdi>{bot.name}</bdi> texts, but it is not{" "}
        <bdi>{bot.name}</bdi>, and what it says is made up.
      </p>
      <p>
        What you write is kept in this browser only. The server reads it to answer, and keeps
        nothing.
      </p>
      {bot.model !== undefined && <p className="card-model">Model: {bot.model}</p>}
    </div>
  );
}

function DeleteConversation({ onDelete }: { readonly onDelete: () => void }) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button
        type="button"
        className="card-row card-button card-danger"
        onClick={() => {
          setAsking(true);
        }}
      >
        Delete conversation
      </button>
    );
  }
  return (
    <div className="card-row card-question" role="group" aria-labelledby="card-question">
      <p id="card-question">Every message is deleted from this browser. There is no other copy.</p>
      <button type="button" className="card-button card-danger card-sure" onClick={onDelete}>
        Delete
      </button>
      <button
        type="button"
        className="card-button"
        autoFocus
        onClick={() => {
          setAsking(false);
        }}
      >
        Cancel
      </button>
    </div>
  );
}
