import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import type { Message } from "../conversation/message";

/** A reader this close to the bottom is reading the latest messages. */
const NEAR_PX = 40;

/**
 * Keeps the latest message in view while the visitor is at the bottom, and leaves them alone where
 * they scrolled up. Sending always leads back down.
 */
export function useStickToBottom(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  messages: readonly Message[],
  typing: boolean,
): void {
  const sticking = useRef(true);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let last = element.scrollTop;
    const watch = () => {
      const above = element.scrollHeight - element.clientHeight - element.scrollTop;
      // On its own way down the view is far from the bottom too; only a reader goes up.
      if (above <= NEAR_PX) sticking.current = true;
      else if (element.scrollTop < last) sticking.current = false;
      last = element.scrollTop;
    };
    element.addEventListener("scroll", watch, { passive: true });
    return () => {
      element.removeEventListener("scroll", watch);
    };
  }, [scroller]);

  const latest = messages.at(-1);
  const sent = useRef(latest);
  useLayoutEffect(() => {
    if (latest?.from === "them" && latest.id !== sent.current?.id) sticking.current = true;
    sent.current = latest;
    if (sticking.current) toBottom(scroller.current);
  }, [scroller, latest, messages.length, typing]);

  useLayoutEffect(() => {
    if (scroller.current === null || content.current === null) return;
    // The composer grows, a phone's keyboard opens, a bubble takes another line.
    const observer = new ResizeObserver(() => {
      if (sticking.current) toBottom(scroller.current);
    });
    observer.observe(scroller.current);
    observer.observe(content.current);
    return () => {
      observer.disconnect();
    };
  }, [scroller, content]);
}

function toBottom(element: HTMLElement | null): void {
  if (element !== null) element.scrollTop = element.scrollHeight;
}
