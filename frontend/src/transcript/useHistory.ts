import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { earlier, later, latest, type Stretch } from "./stretch";

/** More rows are drawn before the first or last drawn one is in view. */
const AHEAD_PX = 800;

/**
 * Which rows of a long conversation are drawn: those about what the visitor reads, which stays where
 * it is when others come or go above it.
 *
 * @param sent the visitor's latest message: with a new one the view is back at the end
 * @returns the stretch, and whether older rows have just come, which is no news to anyone
 */
export function useHistory(
  scroller: RefObject<HTMLElement | null>,
  total: number,
  sent: string | undefined,
): [Stretch, boolean] {
  const [stretch, setStretch] = useState(() => latest(total));
  const [moved, setMoved] = useState(false);
  const [seen, setSeen] = useState(sent);
  // After a deletion there are fewer rows.
  if (sent !== seen || stretch.first >= Math.max(total, 1)) {
    setSeen(sent);
    setStretch(latest(total));
  }
  const anchor = useRef<{ readonly row: Element; readonly top: number }>(undefined);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => {
      const below = element.scrollHeight - element.clientHeight - element.scrollTop;
      const next =
        element.scrollTop < AHEAD_PX && stretch.first > 0
          ? earlier(stretch, total)
          : below < AHEAD_PX && stretch.end < total
            ? later(stretch, total)
            : undefined;
      if (next === undefined) return;
      anchor.current = topRow(element);
      setMoved(true);
      setStretch(next);
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      element.removeEventListener("scroll", look);
    };
  }, [scroller, stretch, total]);

  useLayoutEffect(() => {
    const { row, top } = anchor.current ?? {};
    anchor.current = undefined;
    if (row === undefined || top === undefined || !row.isConnected) return;
    scroller.current?.scrollBy({ top: row.getBoundingClientRect().top - top });
  }, [scroller, stretch]);

  useEffect(() => {
    if (!moved) return;
    // Screen readers have seen the rows by then.
    const timer = setTimeout(setMoved, 500, false);
    return () => {
      clearTimeout(timer);
    };
  }, [moved, stretch]);

  return [stretch, moved];
}

/** The first row that is in view, and where it is. */
function topRow(scroller: HTMLElement) {
  const edge = scroller.getBoundingClientRect().top;
  for (const row of scroller.querySelectorAll("[data-row]")) {
    const { top, bottom } = row.getBoundingClientRect();
    if (bottom > edge) return { row, top };
  }
  return undefined;
}
