import { useCallback, useReducer, useState } from "react";
import { usePreferences } from "../attention/preferences";
import { useAttention } from "../attention/useAttention";
import { Composer } from "../composer/Composer";
import { newId, type Message } from "../conversation/message";
import { opened, reduce } from "../conversation/state";
import { ContactCard } from "../header/ContactCard";
import { Header } from "../header/Header";
import { useHomeScreen } from "../install/useHomeScreen";
import { MessageMenu } from "../menu/MessageMenu";
import { useReply } from "../reply/useReply";
import type { BotCard, Responder } from "../responder/responder";
import type { ConversationStore } from "../storage/store";
import { usePersistence } from "../storage/usePersistence";
import { Transcript } from "../transcript/Transcript";
import { useVisibleHeight } from "./useVisibleHeight";
import "./Conversation.css";

interface Props {
  readonly bot: BotCard;
  readonly stored: readonly Message[];
  readonly responder: Responder;
  readonly store: ConversationStore;
}

/** What lies over the conversation: a message's menu, the contact card, or nothing. */
type Overlay =
  | { readonly name: "menu"; readonly id: string; readonly anchor: DOMRect }
  | { readonly name: "card" }
  | undefined;

/** The screen: header, transcript and composer around the one state of the conversation. */
export function Conversation({ bot, stored, responder, store }: Props) {
  const [state, dispatch] = useReducer(reduce, undefined, () => opened(stored, bot.flushSeconds));
  const [preferences, changePreferences] = usePreferences();
  const isGreeting = stored.length === 0 && !preferences.greeted.includes(bot.name);
  const [overlay, setOverlay] = useState<Overlay>(isGreeting ? { name: "card" } : undefined);
  const [chosen, setChosen] = useState<string>();
  useReply(state, dispatch, responder, bot.name);
  usePersistence(store, bot.name, state.messages);
  useAttention(bot.name, state.messages, preferences);
  useHomeScreen(bot);
  useVisibleHeight();
  // Always the same functions, or every row would be drawn again at every keystroke.
  const retry = useCallback(() => {
    dispatch({ type: "retried" });
  }, []);
  const showMenu = useCallback((id: string, balloon: HTMLElement) => {
    setOverlay({ name: "menu", id, anchor: balloon.getBoundingClientRect() });
  }, []);
  const closeOverlay = () => {
    setOverlay(undefined);
    if (isGreeting) changePreferences({ greeted: [...preferences.greeted, bot.name] });
  };

  const find = (id: string | undefined) => state.messages.find((message) => message.id === id);
  const held = overlay?.name === "menu" ? find(overlay.id) : undefined;
  return (
    <main className="conversation">
      <Header
        bot={bot}
        onShowCard={() => {
          setOverlay({ name: "card" });
        }}
      />
      <Transcript
        botName={bot.name}
        messages={state.messages}
        typing={state.typing}
        failure={state.phase.name === "failed" ? (state.phase.failure ?? null) : undefined}
        onRetry={retry}
        onMenu={showMenu}
      />
      <Composer
        replyingTo={find(chosen)}
        onCancelReply={() => {
          setChosen(undefined);
        }}
        onTyping={() => {
          dispatch({ type: "typed" });
        }}
        onSend={(text) => {
          const replyTo = find(chosen)?.id;
          dispatch({ type: "sent", id: newId(), text, at: Date.now(), replyTo });
          setChosen(undefined);
        }}
      />
      {overlay?.name === "menu" && held && (
        <MessageMenu
          message={held}
          anchor={overlay.anchor}
          onReact={(kind) => {
            dispatch({ type: "reacted", id: held.id, kind });
          }}
          onReply={() => {
            setChosen(held.id);
          }}
          onClose={closeOverlay}
        />
      )}
      {overlay?.name === "card" && (
        <ContactCard
          bot={bot}
          isGreeting={isGreeting}
          preferences={preferences}
          onPreferences={changePreferences}
          onClose={closeOverlay}
          onDelete={() => {
            dispatch({ type: "deleted" });
          }}
        />
      )}
    </main>
  );
}
