import { useState, type MouseEvent } from "react";
import { useModal } from "../overlay/useModal";
import { allowNotifications, canNotify } from "../attention/notification";
import type { Preferences } from "../attention/preferences";
import { chime } from "../attention/sound";
import type { BotCard } from "../responder/responder";
import { Avatar } from "./Avatar";
import { Switch } from "./Switch";
import "./ContactCard.css";

interface Props {
  readonly bot: BotCard;
  /** It is shown before the first message, to say who this is. */
  readonly isGreeting: boolean;
  readonly preferences: Preferences;
  readonly onPreferences: (change: Partial<Preferences>) => void;
  readonly onClose: () => void;
  readonly onDelete: () => void;
}

/** What this bot is and where the words go; what the visitor can choose; and the way to delete. */
export function ContactCard(props: Props) {
  const { bot, isGreeting, onClose, onDelete } = props;
  const dialog = useModal();

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
      <form method="dialog" className="card-body">
        <button type="submit" className="text-button card-done" hidden={isGreeting}>
          Done
        </button>
        <Avatar bot={bot} />
        <h2 id="card-name" dir="auto">
          {bot.name}
        </h2>
        <About bot={bot} />
        {isGreeting ? (
          <button type="submit" className="card-start" autoFocus>
            Start texting
          </button>
        ) : (
          <>
            <Choices {...props} />
            <DeleteConversation
              onDelete={() => {
                onDelete();
                dialog.current?.close();
              }}
            />
          </>
        )}
      </form>
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
        nothing that you write.
      </p>
      {bot.model !== undefined && <p className="card-model">Model: {bot.model}</p>}
    </div>
  );
}

function Choices({ preferences, onPreferences }: Pick<Props, "preferences" | "onPreferences">) {
  const notify = async (wanted: boolean) => {
    onPreferences({ notifications: wanted && (await allowNotifications()) });
  };
  return (
    <div className="card-row">
      <Switch
        label="Sound"
        on={preferences.sound}
        onChange={(sound) => {
          if (sound) chime();
          onPreferences({ sound });
        }}
      />
      {canNotify() && (
        <Switch
          label="Notifications"
          on={preferences.notifications}
          onChange={(wanted) => void notify(wanted)}
        />
      )}
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
