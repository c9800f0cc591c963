import { describe, expect, test } from "vitest";
import { pieces } from "./links";

const links = (text: string) => pieces(text).flatMap(({ text, href }) => (href ? [text] : []));

describe("what becomes a link", () => {
  test.each([
    ["http://a.example", ["http://a.example"]],
    ["see https://a.example/b?c=d#e ok", ["https://a.example/b?c=d#e"]],
    ["https://a.example, and https://b.example!", ["https://a.example", "https://b.example"]],
    ["(https://a.example/x).", ["https://a.example/x"]],
    ["https://a.example/Elvis_(film)", ["https://a.example/Elvis_(film)"]],
    ["HTTPS://A.EXAMPLE", ["HTTPS://A.EXAMPLE"]],
    ["“https://a.example”", ["https://a.example"]],
    ["www.a.example", ["www.a.example"]],
  ])("%s", (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  test("an address without its scheme opens over https", () => {
    expect(pieces("www.a.example")).toEqual([
      { text: "www.a.example", href: "https://www.a.example/" },
    ]);
  });
});

describe("what stays text", () => {
  test.each([
    "javascript:alert(1)",
    "javascript://https:alert(1)",
    "data:text/html,<script>",
    "file:///etc/passwd",
    "ftp://a.example",
    "https://",
    "https://bank.example@evil.example",
    "xhttps://a.example",
    "e.g. nothing",
    "",
  ])("%s", (text) => {
    expect(links(text)).toEqual([]);
  });
});

test("the pieces join to the message, to the byte", () => {
  const text = " a https://a.example/x).\n\nb www.b.example… c ";
  expect(
    pieces(text)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(text);
});
