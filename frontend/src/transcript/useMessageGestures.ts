import {
  useEffect,
  useRef,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type RefObject,
} from "react";

/** A finger that rests this long means the menu. */
const HOLD_MS = 450;
/** A finger that moves further is scrolling. */
const SLACK_PX = 10;

/** Called with a message's id and its bubble. */
export type OnMenu = (id: string, balloon: HTMLElement) => void;

interface Hold {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly x: number;
  readonly y: number;
}

/**
 * The ways to a message's menu, for the element around all of them: a long press, a double click,
 * a right click, and Enter or the menu key on the message that has the focus. The arrow keys move
 * the focus from message to message.
 */
export function useMessageGestures(column: RefObject<HTMLElement | null>, onMenu: OnMenu) {
  const hold = useRef<Hold>(undefined);
  const release = () => {
    clearTimeout(hold.current?.timer);
    hold.current = undefined;
  };
  useEffect(() => release, []);

  const open = (event: MouseEvent) => {
    // A link keeps what the browser does with it.
    const onLink = event.target instanceof Element && event.target.closest("a") !== null;
    const balloon = balloonAt(event.target);
    if (balloon === undefined || onLink) return;
    event.preventDefault();
    release();
    // A double click has selected a word, which is not what it was for.
    getSelection()?.removeAllRanges();
    show(balloon, onMenu);
  };

  return {
    onContextMenu: open,
    onDoubleClick: open,
    onPointerDown(event: PointerEvent) {
      release();
      const balloon = balloonAt(event.target);
      if (balloon === undefined || event.pointerType === "mouse") return;
      const timer = setTimeout(show, HOLD_MS, balloon, onMenu);
      hold.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { x, y } = hold.current ?? { x: clientX, y: clientY };
      if (Math.hypot(clientX - x, clientY - y) > SLACK_PX) release();
    },
    onPointerUp: release,
    onPointerCancel: release,
    onKeyDown(event: KeyboardEvent) {
      const balloon = event.target;
      if (!(balloon instanceof HTMLElement) || balloon.dataset["message"] === undefined) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        show(balloon, onMenu);
      } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        event.preventDefault();
        neighbour(column.current, balloon, event.key === "ArrowUp" ? -1 : 1)?.focus();
      }
    },
  };
}

/** The bubble that was hit. */
function balloonAt(target: EventTarget): HTMLElement | undefined {
  if (!(target instanceof Element)) return undefined;
  return target.closest<HTMLElement>("[data-message]") ?? undefined;
}

function show(balloon: HTMLElement, onMenu: OnMenu): void {
  const id = balloon.dataset["message"];
  if (id !== undefined) onMenu(id, balloon);
}

function neighbour(
  column: HTMLElement | null,
  balloon: HTMLElement,
  step: 1 | -1,
): HTMLElement | undefined {
  const all = Array.from(column?.querySelectorAll<HTMLElement>("[data-message]") ?? []);
  return all[all.indexOf(balloon) + step];
}
