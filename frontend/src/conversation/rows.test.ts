import { describe, expect, test } from "vitest";
import { HOUR, MINUTE, NOON, said } from "../testing/builders";
import type { Message } from "./message";
import { rows } from "./rows";

/** The rows as words: stamps as "—", a message with the marks of the run it begins or ends. */
function sketch(messages: readonly Message[]): string[] {
  return rows(messages).map((row) => {
    if (row.kind === "stamp") return "—";
    return `${row.startsRun ? "[" : ""}${row.message.text}${row.endsRun ? "]" : ""}`;
  });
}

describe("runs", () => {
  test("messages of one sender join a run, and only its last ends it", () => {
    const chat = [said("them", "a"), said("them", "b", 1), said("them", "c", 2)];
    expect(sketch(chat)).toEqual(["—", "[a", "b", "c]"]);
  });

  test("a message exactly 60 seconds after the one before still joins its run", () => {
    expect(sketch([said("me", "a"), said("me", "b", MINUTE)])).toEqual(["—", "[a", "b]"]);
  });

  test("a message more than 60 seconds after the one before begins a run", () => {
    expect(sketch([said("me", "a"), said("me", "b", MINUTE + 1)])).toEqual(["—", "[a]", "[b]"]);
  });

  test("the gap counts from the message before and not from the start of the run", () => {
    const chat = [said("me", "a"), said("me", "b", MINUTE), said("me", "c", 2 * MINUTE)];
    expect(sketch(chat)).toEqual(["—", "[a", "b", "c]"]);
  });

  test("the other sender begins a run at once", () => {
    expect(sketch([said("me", "a"), said("them", "b", 1)])).toEqual(["—", "[a]", "[b]"]);
  });
});

describe("timestamps", () => {
  test("none stands after a rest of exactly an hour", () => {
    expect(sketch([said("me", "a"), said("them", "b", HOUR)])).toEqual(["—", "[a]", "[b]"]);
  });

  test("one stands after a rest of more than an hour", () => {
    expect(sketch([said("me", "a"), said("them", "b", HOUR + 1)])).toEqual([
      "—",
      "[a]",
      "—",
      "[b]",
    ]);
  });

  test("one stands before the first message of a day and breaks the run", () => {
    const midnight = new Date(NOON).setHours(24, 0, 0, 0) - NOON;
    const chat = [said("me", "a", midnight - 1), said("me", "b", midnight)];
    expect(sketch(chat)).toEqual(["—", "[a]", "—", "[b]"]);
  });
});

describe("the receipt", () => {
  const receipts = (messages: readonly Message[]) =>
    rows(messages).map((row) => (row.kind === "message" ? row.receipt?.kind : undefined));

  test("stands under the latest sent message only, also when a reply follows", () => {
    const chat = [said("them", "a"), said("them", "b", 1), said("me", "c", 2)];
    expect(receipts(chat)).toEqual([undefined, undefined, "delivered", undefined]);
  });

  test("says when the message was read", () => {
    const [, row] = rows([{ ...said("them", "a"), readAt: NOON + 5 }]);
    expect(row).toMatchObject({ receipt: { kind: "read", at: NOON + 5 } });
  });

  test("a failure counts more than that it was read", () => {
    expect(receipts([{ ...said("them", "a"), readAt: NOON, failed: true }])).toContain("failed");
  });
});

test("an empty conversation has no rows", () => {
  expect(rows([])).toEqual([]);
});
