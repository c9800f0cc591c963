import { useEffect, useRef, useState } from "react";
import type { Message } from "../conversation/message";
import { notify } from "./notification";
import type { Preferences } from "./preferences";
import { chime } from "./sound";

/**
 * Tells the visitor about the bot's new bubbles: how many are unread stands in the title while the
 * app is out of sight, and there is a sound and a notification for those who want them.
 */
export function useAttention(
  name: string,
  messages: readonly Message[],
  { sound, notifications }: Preferences,
): void {
  const heard = useRef(messages);
  const [unread, setUnread] = useState(0);

  useEffect(() => {
    const fresh = arrived(heard.current, messages);
    heard.current = messages;
    if (fresh.length === 0) return;
    if (sound) chime();
    if (!document.hidden) return;
    setUnread((count) => count + fresh.length);
    if (!notifications) return;
    for (const message of fresh) {
      notify(name, message.text).catch((error: unknown) => {
        console.warn("There was no notification.", error);
      });
    }
  }, [name, messages, sound, notifications]);

  useEffect(() => {
    const look = () => {
      if (!document.hidden) setUnread(0);
    };
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  useEffect(() => {
    document.title = unread === 0 ? name : `(${unread}) ${name}`;
  }, [name, unread]);
}

/** The bot's bubbles at the end of `after` that were not there `before`. */
function arrived(before: readonly Message[], after: readonly Message[]): readonly Message[] {
  if (before === after) return [];
  const known = new Set(before.map((message) => message.id));
  const last = after.findLastIndex((message) => known.has(message.id));
  return after.slice(last + 1).filter((message) => message.from === "me");
}
