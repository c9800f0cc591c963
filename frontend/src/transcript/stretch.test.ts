import { expect, test } from "vitest";
import { earlier, later, latest, MOST, PAGE, type Stretch } from "./stretch";

test("a short conversation is drawn whole", () => {
  expect(latest(PAGE)).toEqual({ first: 0, end: Infinity });
});

test("a long one begins with its last page", () => {
  expect(latest(10_000)).toEqual({ first: 10_000 - PAGE, end: Infinity });
});

test("upwards it grows to the most that is drawn, then leaves the end behind", () => {
  let stretch = latest(10_000);
  for (let drawn = PAGE; drawn < MOST; drawn += PAGE) stretch = earlier(stretch, 10_000);
  expect(stretch).toEqual({ first: 10_000 - MOST, end: Infinity });
  expect(earlier(stretch, 10_000)).toEqual({ first: 9_500, end: 9_500 + MOST });
});

test("the beginning comes into view whatever the number, and stays", () => {
  const top = { first: 50, end: 50 + MOST };
  expect(earlier(top, 10_000)).toEqual({ first: 0, end: MOST });
  expect(earlier({ first: 0, end: MOST }, 10_000)).toEqual({ first: 0, end: MOST });
});

test("downwards it leaves the beginning behind, until it is at the end again", () => {
  expect(later({ first: 0, end: MOST }, 1_000)).toEqual({ first: PAGE, end: MOST + PAGE });
  expect(later({ first: 500, end: 900 }, 1_000)).toEqual({ first: 600, end: Infinity });
});

test.each([401, 523, 9_999])("all of %i rows can be reached both ways", (total) => {
  const seen = new Set<number>();
  const see = (stretch: Stretch) => {
    const end = Math.min(stretch.end, total);
    expect(end - stretch.first).toBeLessThanOrEqual(MOST);
    for (let row = stretch.first; row < end; row += 1) seen.add(row);
  };
  let stretch = latest(total);
  see(stretch);
  while (stretch.first > 0) see((stretch = earlier(stretch, total)));
  expect(seen.size).toBe(total);
  seen.clear();
  see(stretch);
  while (stretch.end !== Infinity) see((stretch = later(stretch, total)));
  expect(seen.size).toBe(total);
});
