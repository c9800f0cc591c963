import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ReplyEvent } from "../responder/responder";
import { bubble, DONE, typing } from "../testing/builders";
import { paced } from "./pace";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Follows the events; `seen` lists each with the second at which it came out. */
function play(events: AsyncIterable<ReplyEvent>) {
  const start = Date.now();
  const seen: [string, number][] = [];
  const controller = new AbortController();
  const ended = (async () => {
    for await (const event of paced(events, controller.signal)) {
      seen.push([event.event, (Date.now() - start) / 1000]);
    }
  })();
  return { seen, ended, controller };
}

async function* atOnce(...events: readonly ReplyEvent[]) {
  for (const event of events) {
    await Promise.resolve();
    yield event;
  }
}

test("each bubble waits for the seconds of its typing event, counted from when the dots appear", async () => {
  const { seen } = play(atOnce(typing(2), bubble("a"), typing(1.5), bubble("b"), DONE));
  await vi.advanceTimersByTimeAsync(1999);
  expect(seen).toEqual([["typing", 0]]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(seen).toEqual([
    ["typing", 0],
    ["bubble", 2],
    ["typing", 2],
    ["bubble", 3.5],
    ["done", 3.5],
  ]);
});

test("time that the responder needs is part of the pause", async () => {
  async function* slow() {
    yield typing(2);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    yield bubble("a");
    yield typing(1);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    yield bubble("b");
  }
  const { seen } = play(slow());
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual([
    ["typing", 0],
    ["bubble", 2],
    ["typing", 2],
    ["bubble", 6],
  ]);
});

test("a bubble without a typing event comes at once", async () => {
  const { seen } = play(atOnce(bubble("a")));
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual([["bubble", 0]]);
});

test("nobody waits longer than a day for a bubble", async () => {
  const { seen } = play(atOnce(typing(Number.POSITIVE_INFINITY), bubble("a")));
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(seen).toEqual([
    ["typing", 0],
    ["bubble", 24 * 3600],
  ]);
});

test("dots and reactions come after the seconds in which nothing is to be seen", async () => {
  const late: ReplyEvent = { event: "reaction", to: "a", kind: "loved", after: 3 };
  const { seen } = play(atOnce(late, typing(1, 2), bubble("a"), DONE));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual([
    ["reaction", 3],
    ["typing", 5],
    ["bubble", 6],
    ["done", 6],
  ]);
});

test("a bubble that is long in the making is typed meanwhile", async () => {
  async function* slow() {
    yield typing(0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    yield* atOnce(typing(2), bubble("a"));
  }
  const { seen } = play(slow());
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual([
    ["typing", 0],
    ["bubble", 2],
  ]);
});

test("an abort ends the pause and nothing comes any more", async () => {
  const { seen, ended, controller } = play(atOnce(typing(5), bubble("a"), DONE));
  await vi.advanceTimersByTimeAsync(1000);
  controller.abort();
  await ended;
  expect(seen).toEqual([["typing", 0]]);
  expect(vi.getTimerCount()).toBe(0);
});
