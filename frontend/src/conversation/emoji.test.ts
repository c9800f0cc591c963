import { expect, test } from "vitest";
import { firstGraphemes, jumboCount } from "./emoji";

test.each([
  ["😂", 1],
  ["❤️🎉", 2],
  ["🥹🥹🥹", 3],
  [" 😂\n", 1],
  ["🇺🇸", 1],
  ["🇩🇪🇫🇷🇮🇹", 3],
  ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1],
  ["1️⃣", 1],
  ["#️⃣*️⃣", 2],
  ["👨‍👩‍👧‍👦", 1],
  ["👍🏽", 1],
  ["☝🏽", 1],
  ["‼️", 1],
  ["❤️‍🔥", 1],
])("%s is drawn large, as %i emoji", (text, count) => {
  expect(jumboCount(text)).toBe(count);
});

test.each([
  ["four emoji", "😂😂😂😂"],
  ["words", "ok"],
  ["an emoji beside a word", "ok 👍"],
  ["emoji with a space between them", "😂 😂"],
  ["a digit", "7"],
  ["a sign that is text by default", "©"],
  ["an emoji that asks to be text", "😂\uFE0E"],
  ["half a flag", "🇺"],
  ["a letter with a skin tone", "a🏽"],
  ["nothing", " "],
])("%s stays in a bubble", (_, text) => {
  expect(jumboCount(text)).toBe(0);
});

test("the first characters are counted as a reader counts them", () => {
  expect(firstGraphemes("👩‍🚀 Ana", 1)).toBe("👩‍🚀");
  expect(firstGraphemes("EP", 5)).toBe("EP");
});
