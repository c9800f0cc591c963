import { useCallback, useEffect, useReducer, useState } from "react";
import { Composer } from "../composer/Composer";
import { newId, type Message } from "../conversation/message";
import { opened, reduce } from "../conversation/state";
import { ContactCard } from "../header/ContactCard";
import { Header } from "../header/Header";
import { useReply } from "../reply/useReply";
import type { BotCard, Responder } from "../responder/responder";
import type { ConversationStore } from "../storage/store";
import { usePersistence } from "../storage/usePersistence";
import { Transcript } from "../transcript/Transcript";
import "./Conversation.css";

interface Props {
  readonly bot: BotCard;
  readonly stored: readonly Message[];
  readonly responder: Responder;
  readonly store: ConversationStore;
}

/** The screen: header, transcript and composer around the one state of the conversation. */
export function Conversation({ bot, stored, responder, store }: Props) {
  const [state, dispatch] = useReducer(reduce, undefined, () => opened(stored, bot.flushSeconds));
  const [cardShown, setCardShown] = useState(false);
  useReply(state, dispatch, responder);
  usePersistence(store, bot.name, state.messages);
  // Always the same function, or every row would be drawn again at every keystroke.
  const retry = useCallback(() => {
    dispatch({ type: "retried" });
  }, []);
  useEffect(() => {
    document.title = bot.name;
  }, [bot.name]);

  return (
    <main className="conversation">
      <Header
        bot={bot}
        onShowCard={() => {
          setCardShown(true);
        }}
      />
      <Transcript
        botName={bot.name}
        messages={state.messages}
        typing={state.typing}
        failure={state.phase.name === "failed" ? (state.phase.failure ?? null) : undefined}
        onRetry={retry}
      />
      <Composer
        onTyping={() => {
          dispatch({ type: "typed" });
        }}
        onSend={(text) => {
          dispatch({ type: "sent", id: newId(), text, at: Date.now() });
        }}
      />
      {cardShown && (
        <ContactCard
          bot={bot}
          onClose={() => {
            setCardShown(false);
          }}
          onDelete={() => {
            dispatch({ type: "deleted" });
            setCardShown(false);
          }}
        />
      )}
    </main>
  );
}
