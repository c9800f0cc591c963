import { describe, expect, test } from "vitest";
import type { Message } from "../conversation/message";
import { NOON, said } from "../testing/builders";
import { botCard, problem, replyEvent, requestBody } from "./wire";

const KIB = 1024;
const size = (body: string) => new TextEncoder().encode(body).length;
const sent = (body: string) => (JSON.parse(body) as { messages: { text: string }[] }).messages;

describe("the request", () => {
  test("carries what the contract names and nothing else", () => {
    const message: Message = { ...said("them", "hé"), readAt: NOON, failed: true };
    expect(JSON.parse(requestBody("Elvis", [message]))).toEqual({
      bot: "Elvis",
      messages: [{ id: "hé", from: "them", text: "hé", sent_at: new Date(NOON).toISOString() }],
    });
  });

  test.each([
    [41, 0],
    [59, 0],
    [60, 20],
    [79, 20],
    [100, 60],
  ])("of %i messages leaves out the first %i", (length, first) => {
    const chat = Array.from({ length }, (_, index) => said("them", `${index}`));
    const messages = sent(requestBody("Elvis", chat));
    expect(messages[0]?.text).toBe(`${first}`);
    expect(messages.at(-1)?.text).toBe(`${length - 1}`);
  });

  test("leaves out the oldest messages until it is under 48 KiB of UTF-8", () => {
    const chat = Array.from({ length: 40 }, (_, index) => ({
      ...said("them", "😂".repeat(1000)),
      id: `${index}`,
    }));
    const body = requestBody("Elvis", chat);
    expect(size(body)).toBeLessThan(48 * KIB);
    expect(size(body)).toBeGreaterThan(44 * KIB);
    expect(sent(body)).toHaveLength(12);
  });

  test("tells what the bot has reacted with, and not what the visitor has", () => {
    const loved: Message = { ...said("them", "a"), reactions: [{ from: "me", kind: "loved" }] };
    const liked: Message = { ...said("me", "b"), reactions: [{ from: "them", kind: "liked" }] };
    const { messages } = JSON.parse(requestBody("Elvis", [loved, liked])) as {
      messages: { reaction?: string }[];
    };
    expect(messages.map((message) => message.reaction)).toEqual(["loved", undefined]);
  });

  test("keeps the last message, however long", () => {
    expect(
      sent(requestBody("Elvis", [said("them", "a"), said("them", "b".repeat(50 * KIB))])),
    ).toHaveLength(1);
  });
});

describe("an event", () => {
  test.each([
    ['{"event":"typing","seconds":1.5}', { event: "typing", seconds: 1.5, after: 0 }],
    ['{"event":"typing","seconds":2,"after":3}', { event: "typing", seconds: 2, after: 3 }],
    [
      '{"event":"reaction","to":"x","kind":"loved"}',
      { event: "reaction", to: "x", kind: "loved", after: 0 },
    ],
    ['{"event":"bubble","id":"x","text":"hé"}', { event: "bubble", id: "x", text: "hé" }],
    ['{"event":"done","more":1}', { event: "done" }],
    ['{"event":"typing","seconds":-1}', { event: "typing", seconds: 0, after: 0 }],
    ['{"event":"typing","seconds":"1"}', { event: "typing", seconds: 0, after: 0 }],
  ])("%s", (line, expected) => {
    expect(replyEvent(line)).toEqual(expected);
  });

  test.each([
    "",
    " ",
    '{"event":"reaction","to":"x"}',
    '{"event":"reaction","to":"x","kind":"<b>"}',
    '{"event":"bubble","id":"x","text":""}',
    '{"event":"poem"}',
  ])("%j is passed over", (line) => {
    expect(replyEvent(line)).toBeUndefined();
  });

  test.each(['{"event":"bub', "<html>", "[]", "null", '{"text":"a"}', '{"event":1}'])(
    "%s is an error",
    (line) => {
      expect(() => replyEvent(line)).toThrow(SyntaxError);
    },
  );
});

describe("the card", () => {
  test("says who the bot is", () => {
    const card = { name: "Ana", initials: "A", flush_seconds: 0.5, model: "small" };
    expect(botCard(card)).toEqual({
      name: "Ana",
      initials: "A",
      flushSeconds: 0.5,
      model: "small",
    });
  });

  test("needs only a name", () => {
    expect(botCard({ name: "Ana" })).toEqual({ name: "Ana", initials: "", flushSeconds: 5 });
  });

  test.each([[undefined], [null], ["Ana"], [[]], [{}], [{ name: "" }]])("%j is none", (value) => {
    expect(botCard(value)).toBeUndefined();
  });
});

test("a problem gives its two sentences, or its title, or nothing", () => {
  expect(problem({ title: "t", detail: "d", remedy: "r" })).toEqual({ detail: "d", remedy: "r" });
  expect(problem({ title: "t" })).toEqual({ detail: "t" });
  expect(problem(undefined)).toEqual({});
});
