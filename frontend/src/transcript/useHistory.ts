import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

/** So many rows are drawn at first, and so many more each time that the visitor scrolls up. */
const PAGE = 100;
/** Older rows are drawn before the top of the drawn ones is in view. */
const AHEAD_PX = 800;

/**
 * Which rows of a long conversation are drawn: from the returned index on. What the visitor reads
 * stays where it is when older rows come above it.
 *
 * @returns the index, and whether older rows have just come, which is no news to anyone
 */
export function useHistory(
  scroller: RefObject<HTMLElement | null>,
  total: number,
): [number, boolean] {
  const [wanted, setWanted] = useState(() => Math.max(0, total - PAGE));
  const [extended, setExtended] = useState(false);
  // After a deletion there are fewer rows.
  const first = Math.min(wanted, Math.max(0, total - PAGE));
  const before = useRef({ first, fromBottom: 0 });

  useEffect(() => {
    const element = scroller.current;
    if (element === null || first === 0) return;
    const look = () => {
      if (element.scrollTop > AHEAD_PX) return;
      before.current.fromBottom = element.scrollHeight - element.scrollTop;
      setExtended(true);
      setWanted(Math.max(0, first - PAGE));
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      element.removeEventListener("scroll", look);
    };
  }, [scroller, first]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && first < before.current.first) {
      element.scrollTo({ top: element.scrollHeight - before.current.fromBottom });
    }
    before.current.first = first;
  }, [scroller, first]);

  useEffect(() => {
    if (!extended) return;
    // Screen readers have seen the older rows by then.
    const timer = setTimeout(setExtended, 500, false);
    return () => {
      clearTimeout(timer);
    };
  }, [extended, first]);

  return [first, extended];
}
