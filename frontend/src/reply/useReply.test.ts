// @vitest-environment jsdom
import "../testing/dom";
import { act, renderHook } from "@testing-library/react";
import { useReducer } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { opened, reduce } from "../conversation/state";
import { ResponderError, type Failure, type Responder } from "../responder/responder";
import { bubble, DONE, said, scripted, typing } from "../testing/builders";
import { useReply } from "./useReply";

const OFFLINE: Failure = { reason: "unreachable", problem: "Nobody there.", remedy: "Try again." };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A conversation without a screen, with the verbs of a visitor. */
function converse(responder: Responder, stored = [] as Parameters<typeof opened>[0]) {
  const { result, unmount } = renderHook(() => {
    const [state, dispatch] = useReducer(reduce, undefined, () => opened(stored, 5));
    useReply(state, dispatch, responder, "Elvis");
    return { state, dispatch };
  });
  const dispatch: typeof result.current.dispatch = (action) => {
    act(() => {
      result.current.dispatch(action);
    });
  };
  return {
    unmount,
    send: (text: string) => {
      dispatch({ type: "sent", id: text, text, at: Date.now() });
    },
    type: () => {
      dispatch({ type: "typed" });
    },
    retry: () => {
      dispatch({ type: "retried" });
    },
    wait: (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000)),
    phase: () => result.current.state.phase.name,
    texts: () => result.current.state.messages.map((message) => message.text),
  };
}

test("a burst goes out once, 5 seconds after its last message", async () => {
  const responder = scripted();
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(4.999);
  chat.send("b");
  await chat.wait(4.999);
  expect(responder.asked).toEqual([]);
  await chat.wait(0.001);
  expect(responder.asked).toEqual([["a", "b"]]);
  await chat.wait(60);
  expect(responder.asked).toHaveLength(1);
});

test("typing puts it off as well", async () => {
  const responder = scripted();
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(3);
  chat.type();
  await chat.wait(4.999);
  expect(responder.asked).toEqual([]);
  await chat.wait(0.001);
  expect(responder.asked).toEqual([["a"]]);
});

test("typing while the bot types aborts the reply, and the burst grows", async () => {
  const responder = scripted(
    [typing(3), bubble("too late"), DONE],
    [typing(1), bubble("ok"), DONE],
  );
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(6);
  chat.type();
  expect(responder.aborted()).toBe(1);
  chat.send("b");
  await chat.wait(5);
  expect(responder.asked).toEqual([["a"], ["a", "b"]]);
  await chat.wait(1);
  expect(chat.texts()).toEqual(["a", "b", "ok"]);
});

test("a reply that ends without its end has failed, and a retry asks for it once more", async () => {
  const responder = scripted([typing(0)], [bubble("ok"), DONE]);
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(5);
  expect(chat.phase()).toBe("failed");
  chat.retry();
  await chat.wait(0);
  expect(chat.texts()).toEqual(["a", "ok"]);
  expect(responder.asked).toEqual([["a"], ["a"]]);
});

test("what failed for want of a network goes out when the network is back", async () => {
  const responder = scripted([new ResponderError(OFFLINE)], [bubble("ok"), DONE]);
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(5);
  expect(chat.phase()).toBe("failed");
  act(() => {
    dispatchEvent(new Event("online"));
  });
  await chat.wait(0);
  expect(chat.texts()).toEqual(["a", "ok"]);
});

test("a busy responder is asked again after the time that it named", async () => {
  const busy = new ResponderError({ ...OFFLINE, reason: "refused", retryAfterSeconds: 2 });
  const responder = scripted([busy], [bubble("ok"), DONE]);
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(5);
  await chat.wait(1.999);
  expect(responder.asked).toHaveLength(1);
  await chat.wait(0.001);
  expect(chat.texts()).toEqual(["a", "ok"]);
});

test("a burst that was left behind by a reload goes out by itself", async () => {
  const responder = scripted();
  const chat = converse(responder, [said("them", "a")]);
  await chat.wait(5);
  expect(responder.asked).toEqual([["a"]]);
});

test("closing the conversation aborts the reply", async () => {
  const responder = scripted([typing(3), bubble("b"), DONE]);
  const chat = converse(responder);
  chat.send("a");
  await chat.wait(6);
  chat.unmount();
  expect(responder.aborted()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
