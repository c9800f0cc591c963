import { expect, test } from "vitest";
import { glyph, verb } from "./reactions";

test.each([
  ["loved", "❤️", "Loved"],
  ["emphasised", "‼️", "Emphasised"],
  ["🎉", "🎉", "Reacted 🎉 to"],
  ["❤", "❤️", "Reacted ❤ to"],
  ["✍", "✍️", "Reacted ✍ to"],
  ["❤‍🔥", "❤‍🔥", "Reacted ❤‍🔥 to"],
  ["👩‍🚀", "👩‍🚀", "Reacted 👩‍🚀 to"],
  ["🇫🇷", "🇫🇷", "Reacted 🇫🇷 to"],
])("%s looks like %s and is called %s", (kind, look, name) => {
  expect(glyph(kind)).toBe(look);
  expect(verb(kind)).toBe(name);
});

test.each(["", "yes", "🎉🎉", " 🎉", "7", "<b>"])("“%s” is no reaction", (kind) => {
  expect(glyph(kind)).toBeUndefined();
});
