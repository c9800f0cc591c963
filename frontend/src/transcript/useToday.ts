import { useEffect, useState } from "react";
import { startOfDay } from "../conversation/rows";

const CHECK_MS = 60_000;

/** The midnight that began the current day, so that "Today" does not stand there tomorrow. */
export function useToday(): number {
  const [today, setToday] = useState(() => startOfDay(Date.now()));
  useEffect(() => {
    // A timer until midnight would be off after the computer slept.
    const timer = setInterval(() => {
      setToday(startOfDay(Date.now()));
    }, CHECK_MS);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return today;
}
