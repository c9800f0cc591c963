import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lines, SilenceError } from "./lines";

/** A body that arrives in these chunks. */
function body(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function collected(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines(stream, 60_000)) all.push(line);
  return all;
}

test("a chunk may hold several lines", async () => {
  expect(await collected(body(bytes("a\nb\n\nc\n")))).toEqual(["a", "b", "", "c"]);
});

test("a line may arrive in several chunks", async () => {
  expect(await collected(body(bytes("a"), bytes("b\nc"), bytes("\n")))).toEqual(["ab", "c"]);
});

test("a last line needs no line feed", async () => {
  expect(await collected(body(bytes("a\nb")))).toEqual(["a", "b"]);
});

test("an empty body has no lines", async () => {
  expect(await collected(body())).toEqual([]);
});

test("a character may be cut anywhere", async () => {
  const text = "é 👩‍🚀\nनमस्ते\n";
  const single = Array.from(bytes(text), (byte) => Uint8Array.of(byte));
  expect(await collected(body(...single))).toEqual(["é 👩‍🚀", "नमस्ते"]);
});

test("leaving early tells the sender to stop", async () => {
  const cancel = vi.fn();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes("a\nb\n"));
    },
    cancel,
  });
  for await (const line of lines(stream, 60_000)) {
    expect(line).toBe("a");
    break;
  }
  expect(cancel).toHaveBeenCalledOnce();
});

describe("silence", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is an error after the limit, counted anew from each chunk", async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        setTimeout(() => {
          controller.enqueue(bytes("a\n"));
        }, 900);
      },
    });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of lines(stream, 1000)) seen.push(line);
    })();
    const failure = expect(reading).rejects.toThrow(SilenceError);
    await vi.advanceTimersByTimeAsync(1899);
    expect(seen).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    await failure;
  });
});
