import { startOfDay } from "./rows";

const DAY_MS = 86_400_000;

/** A timestamp in its two weights: **Today** 2:32 PM. */
export interface Stamp {
  readonly day: string;
  readonly time: string;
}

/**
 * The stamp above a message.
 *
 * @param locale for tests; the visitor's own by default, so that the clock has their hours
 */
export function stamp(at: number, now: number, locale?: string): Stamp {
  return { day: dayName(at, now, locale), time: clock(at, locale) };
}

/** When a message was read: by the clock today, by the day before that. */
export function readTime(at: number, now: number, locale?: string): string {
  return daysBetween(at, now) === 0 ? clock(at, locale) : dayName(at, now, locale);
}

/** The time of day, as the visitor's own clock has it: 2:32 PM. */
export function clock(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(at);
}

function dayName(at: number, now: number, locale?: string): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  if (days > 1 && days < 7) {
    return new Intl.DateTimeFormat(locale, { weekday: "long" }).format(at);
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    weekday: "short",
    month: "short",
    day: "numeric",
    ...(!sameYear && { year: "numeric" }),
  }).format(at);
}

/** Midnights between two times. Rounded, for the day on which the clocks change is not 24 h long. */
function daysBetween(at: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
}
