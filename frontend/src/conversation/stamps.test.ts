import { describe, expect, test } from "vitest";
import { readTime, stamp } from "./stamps";

const now = new Date(2026, 2, 4, 15, 0).getTime();
const at = (day: number, hour = 14, minute = 32, month = 2, year = 2026) =>
  new Date(year, month, day, hour, minute).getTime();

/** Intl puts a narrow no-break space before AM and PM. */
const words = (time: number, locale = "en-US") => {
  const { day, time: clock } = stamp(time, now, locale);
  return `${day} ${clock}`.replace(/\s/gu, " ");
};

describe("the day of a stamp", () => {
  test.each([
    ["today", at(4), "Today 2:32 PM"],
    ["the first minute of today", at(4, 0, 0), "Today 12:00 AM"],
    ["the last minute of yesterday", at(3, 23, 59), "Yesterday 11:59 PM"],
    ["two days ago", at(2), "Monday 2:32 PM"],
    ["six days ago", at(26, 14, 32, 1), "Thursday 2:32 PM"],
    ["seven days ago", at(25, 14, 32, 1), "Wed, Feb 25 2:32 PM"],
    ["another year", at(24, 14, 32, 11, 2025), "Wed, Dec 24, 2025 2:32 PM"],
    ["a clock that was set back", at(6), "Fri, Mar 6 2:32 PM"],
  ])("%s", (_, time, expected) => {
    expect(words(time)).toBe(expected);
  });

  test("follows the visitor's language and clock", () => {
    expect(words(at(4), "de")).toBe("Heute 14:32");
  });
});

test("a message that was read today says when, and before that only the day", () => {
  expect(readTime(at(4), now, "de")).toBe("14:32");
  expect(readTime(at(3), now, "en-US")).toBe("Yesterday");
});
