import { describe, expect, test } from "vitest";
import type { Failure, ReplyEvent } from "../responder/responder";
import { bubble, DONE, NOON, reaction, said, typing } from "../testing/builders";
import { opened, reduce, toAnswer, type Action, type State } from "./state";

const BROKEN: Failure = { reason: "refused", problem: "It broke.", remedy: "Mend it." };
const BUSY: Failure = { ...BROKEN, retryAfterSeconds: 2 };

const send = (text: string): Action => ({ type: "sent", id: text, text, at: NOON });
const reply = (event: ReplyEvent): Action => ({ type: "replied", event, at: NOON + 1 });
const fail = (failure: Failure): Action => ({ type: "failed", failure });
const FLUSH: Action = { type: "flushed" };
const TYPE: Action = { type: "typed" };
const RETRY: Action = { type: "retried" };
const RESUME: Action = { type: "resumed" };

/** The state after these actions, from an empty conversation. */
function after(...actions: readonly Action[]): State {
  return actions.reduce(reduce, opened([], 5));
}

const texts = (state: State) => state.messages.map((message) => message.text);

describe("a burst", () => {
  test("waits from its first message on", () => {
    expect(after(send("a")).phase).toMatchObject({ name: "waiting", seconds: 5 });
  });

  test("waits anew after each message and each keystroke", () => {
    const first = after(send("a"));
    const typed = reduce(first, TYPE);
    expect(typed.phase).not.toBe(first.phase);
    expect(reduce(typed, send("b")).phase).not.toBe(typed.phase);
  });

  test("is answered once it has waited", () => {
    expect(after(send("a"), FLUSH).phase.name).toBe("replying");
  });

  test("is not there while nothing was sent, whatever is typed", () => {
    const start = opened([], 5);
    expect(reduce(start, TYPE)).toBe(start);
    expect(reduce(start, FLUSH)).toBe(start);
  });
});

describe("a reply", () => {
  test("marks the burst as read when the bot begins to type", () => {
    const state = after(send("a"), send("b"), FLUSH, reply(typing(1)));
    expect(state.typing).toBe(true);
    expect(state.messages.map((message) => message.readAt)).toEqual([NOON + 1, NOON + 1]);
  });

  test("arrives bubble by bubble and comes to rest", () => {
    const state = after(send("a"), FLUSH, reply(typing(1)), reply(bubble("b")), reply(DONE));
    expect(texts(state)).toEqual(["a", "b"]);
    expect(state).toMatchObject({ phase: { name: "resting" }, typing: false });
  });

  test("keeps its phase, so that the request under way goes on", () => {
    const asked = after(send("a"), FLUSH);
    const answered = [typing(1), bubble("b"), typing(1)].map(reply).reduce(reduce, asked);
    expect(answered.phase).toBe(asked.phase);
  });

  test("shows a bubble once, however often it comes", () => {
    const state = after(send("a"), FLUSH, reply(bubble("b")), reply(bubble("b")));
    expect(texts(state)).toEqual(["a", "b"]);
  });

  test("may use the ids of an earlier reply", () => {
    const state = after(
      ...[send("a"), FLUSH, reply(bubble("b")), reply(DONE)],
      ...[send("c"), FLUSH, reply(bubble("b")), reply(DONE)],
    );
    expect(texts(state)).toEqual(["a", "b", "c", "b"]);
    expect(new Set(state.messages.map((message) => message.id)).size).toBe(4);
  });

  test("without any bubble leaves the burst answered, also after a reload", () => {
    const state = after(send("a"), FLUSH, reply(DONE));
    expect(opened(state.messages, 5).phase.name).toBe("resting");
  });
});

describe("a reaction", () => {
  const reactions = (state: State) => state.messages.map((message) => message.reactions);

  test("of the bot's is seen on the message that it is to, and may be all of a reply", () => {
    const state = after(send("a"), send("b"), FLUSH, reply(reaction("a", "loved")), reply(DONE));
    expect(reactions(state)).toEqual([[{ from: "me", kind: "loved" }], undefined]);
    expect(state.messages[1]?.readAt).toBe(NOON + 1);
    expect(opened(state.messages, 5).phase.name).toBe("resting");
  });

  test("of the bot's goes to nothing but a message of the visitor's", () => {
    const state = after(send("a"), FLUSH, reply(bubble("b")), reply(reaction("bot b", "loved")));
    expect(reactions(state)).toEqual([undefined, undefined]);
  });

  test("of the visitor's takes the place of their last one, and goes when it is repeated", () => {
    const react = (kind: string): Action => ({ type: "reacted", id: "a", kind });
    const state = after(send("a"), FLUSH, reply(reaction("a", "liked")), react("loved"));
    expect(reactions(state)[0]).toEqual([
      { from: "me", kind: "liked" },
      { from: "them", kind: "loved" },
    ]);
    const other = reduce(state, react("🎉"));
    expect(reactions(other)[0]?.[1]).toEqual({ from: "them", kind: "🎉" });
    expect(reactions(reduce(other, react("🎉")))[0]).toEqual([{ from: "me", kind: "liked" }]);
  });

  test("stays when a message that failed is sent again", () => {
    const marked = after(send("a"), FLUSH, fail(BROKEN), { type: "reacted", id: "a", kind: "🎉" });
    expect(reactions(reduce(marked, RETRY))[0]).toEqual([{ from: "them", kind: "🎉" }]);
  });
});

describe("an interruption", () => {
  test("by typing drops the reply and the burst waits again", () => {
    const state = after(send("a"), FLUSH, reply(typing(1)), TYPE);
    expect(state).toMatchObject({ phase: { name: "waiting", seconds: 5 }, typing: false });
  });

  test("by another message makes the burst grow", () => {
    const state = after(send("a"), FLUSH, reply(typing(1)), send("b"));
    expect(texts(state)).toEqual(["a", "b"]);
    expect(state.phase.name).toBe("waiting");
  });

  test("keeps the bubbles that had arrived, and leaves nothing to answer", () => {
    const state = after(send("a"), FLUSH, reply(bubble("b")), reply(typing(1)), TYPE);
    expect(texts(state)).toEqual(["a", "b"]);
    expect(state).toMatchObject({ phase: { name: "resting" }, typing: false });
  });

  test("makes whatever the dropped reply still says go unheard", () => {
    const state = after(send("a"), FLUSH, TYPE);
    expect([bubble("late"), DONE].map(reply).reduce(reduce, state)).toBe(state);
    expect(reduce(state, fail(BROKEN))).toBe(state);
  });
});

describe("a failure", () => {
  test("marks the whole burst, and nothing that was answered before", () => {
    const state = after(
      ...[send("a"), FLUSH, reply(bubble("b")), reply(DONE)],
      ...[send("c"), send("d"), FLUSH, fail(BROKEN)],
    );
    expect(state.messages.flatMap(({ text, failed }) => (failed ? [text] : []))).toEqual([
      "c",
      "d",
    ]);
    expect(state.phase).toEqual({ name: "failed", failure: BROKEN, resumed: 0 });
  });

  test("is retried at once, with the same messages under the same ids", () => {
    const broken = after(send("a"), FLUSH, fail(BROKEN));
    const retried = reduce(broken, RETRY);
    expect(retried.phase.name).toBe("replying");
    expect(retried.messages).toEqual([said("them", "a")]);
  });

  test("that the app resumes by itself stays marked until something is heard", () => {
    const resumed = after(send("a"), FLUSH, fail(BROKEN), RESUME);
    expect(resumed.phase).toMatchObject({ name: "replying", resumed: 1 });
    expect(resumed.messages[0]?.failed).toBe(true);
    const again = reduce(resumed, fail(BROKEN));
    expect(again.phase).toMatchObject({ name: "failed", resumed: 1 });
    expect(reduce(resumed, reply(typing(1))).messages[0]?.failed).toBeUndefined();
  });

  test("does not end when the burst grows, but is tried again", () => {
    const state = after(send("a"), FLUSH, fail(BROKEN), send("b"));
    expect(state.messages.map((message) => message.failed)).toEqual([true, undefined]);
    expect(state.phase.name).toBe("waiting");
    const heard = [FLUSH, reply(typing(1))].reduce(reduce, state);
    expect(heard.messages.some((message) => message.failed)).toBe(false);
  });

  test("is not touched by typing", () => {
    const broken = after(send("a"), FLUSH, fail(BROKEN));
    expect(reduce(broken, TYPE)).toBe(broken);
  });

  describe("in the middle of a reply", () => {
    const broken = after(send("a"), FLUSH, reply(bubble("half")), fail(BROKEN));

    test("keeps its bubbles until a whole reply begins", () => {
      expect(texts(broken)).toEqual(["a", "half"]);
      expect(broken.messages.some((message) => message.failed)).toBe(false);
      const asked = reduce(broken, RETRY);
      expect(texts(asked)).toEqual(["a", "half"]);
      expect(toAnswer(asked).map((message) => message.text)).toEqual(["a"]);
      expect(texts(reduce(asked, reply(typing(1))))).toEqual(["a"]);
      expect(texts([fail(BROKEN), RETRY].reduce(reduce, asked))).toEqual(["a", "half"]);
    });

    test("can be asked for again after a reload, until it is whole", () => {
      expect(opened(broken.messages, 5).phase.name).toBe("failed");
      const whole = [RETRY, reply(bubble("whole")), reply(DONE)].reduce(reduce, broken);
      expect(texts(whole)).toEqual(["a", "whole"]);
      expect(opened(whole.messages, 5).phase.name).toBe("resting");
    });

    test("is over once the visitor goes on", () => {
      for (const action of [TYPE, send("b")]) {
        const replying = after(send("a"), FLUSH, reply(bubble("half")));
        const { messages } = reduce(replying, action);
        expect(messages[1]?.unfinished).toBeUndefined();
      }
    });
  });

  test("of a busy responder waits as long as it asks for, and gives up after three tries", () => {
    let state = after(send("a"), FLUSH, fail(BUSY));
    expect(state.phase).toMatchObject({ name: "waiting", seconds: 2 });
    state = [FLUSH, fail(BUSY)].reduce(reduce, state);
    expect(state.phase).toMatchObject({ name: "waiting", seconds: 2 });
    state = [FLUSH, fail(BUSY)].reduce(reduce, state);
    expect(state.phase.name).toBe("failed");
  });

  test("of a responder that is busy for long is shown at once", () => {
    const state = after(send("a"), FLUSH, fail({ ...BROKEN, retryAfterSeconds: 16 }));
    expect(state.phase.name).toBe("failed");
  });
});

describe("opening the app again", () => {
  test("a burst that was never flushed waits to be sent", () => {
    expect(opened(after(send("a")).messages, 5).phase.name).toBe("waiting");
  });

  test("a burst whose reply had not begun to arrive is sent again", () => {
    const state = after(send("a"), FLUSH, reply(typing(1)));
    expect(opened(state.messages, 5).phase.name).toBe("waiting");
  });

  test("a burst that failed stays failed until it is retried", () => {
    const state = opened(after(send("a"), FLUSH, fail(BROKEN)).messages, 5);
    expect(state.phase).toEqual({ name: "failed", resumed: 0 });
    expect(reduce(state, RETRY).phase.name).toBe("replying");
  });

  test("a conversation that was answered rests", () => {
    expect(opened([said("them", "a"), said("me", "b")], 5).phase.name).toBe("resting");
  });
});

test("deleting leaves nothing, and what is under way is dropped", () => {
  const state = after(send("a"), FLUSH, reply(typing(1)), { type: "deleted" });
  expect(state).toMatchObject({ messages: [], phase: { name: "resting" }, typing: false });
});
