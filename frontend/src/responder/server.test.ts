import { describe, expect, test, vi } from "vitest";
import { DONE, said } from "../testing/builders";
import { ResponderError, type ReplyEvent } from "./responder";
import { serverResponder } from "./server";

const TYPING = '{"event":"typing","seconds":1}\n';
const BUBBLE = '{"event":"bubble","id":"1","text":"hi"}\n';
const END = '{"event":"done"}\n';

function answering(...responses: readonly (Response | Error)[]) {
  const fetched = vi.fn<typeof fetch>();
  for (const response of responses) {
    if (response instanceof Error) fetched.mockRejectedValueOnce(response);
    else fetched.mockResolvedValueOnce(response);
  }
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

/** The events of a reply, and the failure it ended with. */
async function reply() {
  const events: ReplyEvent[] = [];
  try {
    const signal = new AbortController().signal;
    for await (const event of serverResponder.answer("Elvis", [said("them", "a")], signal)) {
      events.push(event);
    }
  } catch (error) {
    if (error instanceof ResponderError) return { events, failure: error.failure };
    throw error;
  }
  return { events };
}

describe("a reply", () => {
  test("is the events of the stream, without heartbeats", async () => {
    answering(new Response(`\n${TYPING}\n${BUBBLE}${END}`));
    const { events, failure } = await reply();
    expect(events.map((event) => event.event)).toEqual(["typing", "bubble", "done"]);
    expect(failure).toBeUndefined();
  });

  test("posts JSON", async () => {
    const fetched = answering(new Response(END));
    await reply();
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe("/api/reply");
    expect(init).toMatchObject({
      method: "POST",
      headers: { "Content-Type": "application/json" },
    });
  });

  test("that ends without its end is cut off, after the bubbles that came", async () => {
    answering(new Response(TYPING + BUBBLE));
    const { events, failure } = await reply();
    expect(events).toHaveLength(2);
    expect(failure?.reason).toBe("cut-off");
  });

  test("that breaks in the middle of a line is cut off", async () => {
    answering(new Response(`${TYPING}{"event":"bub`));
    expect((await reply()).failure?.reason).toBe("cut-off");
  });

  test("that breaks after its end is complete", async () => {
    answering(new Response(`${END}{"event":"bub`));
    expect(await reply()).toEqual({ events: [DONE] });
  });
});

describe("a failure", () => {
  test("without any answer is that nobody could be reached", async () => {
    answering(new TypeError("Failed to fetch"));
    expect((await reply()).failure?.reason).toBe("unreachable");
  });

  test("carries the words of the server and its Retry-After", async () => {
    const document = { title: "Busy", detail: "Too many.", remedy: "Wait." };
    answering(Response.json(document, { status: 429, headers: { "Retry-After": "3" } }));
    expect((await reply()).failure).toEqual({
      reason: "refused",
      problem: "Too many.",
      remedy: "Wait.",
      retryAfterSeconds: 3,
    });
  });

  test("has words of its own for a page that is no problem document", async () => {
    answering(
      new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "3" } }),
    );
    expect((await reply()).failure).toEqual({
      reason: "refused",
      problem: "ElvisBot could not answer (error 502).",
      remedy: "Try again.",
    });
  });
});

test("something else that answers at the server's address is not a bot", async () => {
  answering(new Response("<h1>Welcome to nginx</h1>"));
  await expect(serverResponder.bot()).rejects.toThrow(ResponderError);
});
