import { expect, test } from "vitest";
import type { Action } from "../conversation/state";
import { ResponderError } from "../responder/responder";
import { bubble, DONE, said, scripted } from "../testing/builders";
import { follow } from "./follow";

const ASKED = [said("them", "a")];

async function reports(
  responder: Parameters<typeof follow>[0],
  signal = new AbortController().signal,
) {
  const actions: Action[] = [];
  const outcome = await follow(responder, "Elvis", ASKED, signal, (action) =>
    actions.push(action),
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  const kinds = actions.map((action) =>
    action.type === "replied" ? action.event.event : action.type,
  );
  return { kinds, outcome };
}

test("a reply is reported event by event", async () => {
  const { kinds } = await reports(scripted([bubble("b"), DONE]));
  expect(kinds).toEqual(["bubble", "done"]);
});

test("a responder that stops before its end has failed", async () => {
  const { kinds } = await reports(scripted([bubble("b")]));
  expect(kinds).toEqual(["bubble", "failed"]);
});

test("an error of the responder is a failure", async () => {
  const error = new ResponderError({ reason: "refused", problem: "No.", remedy: "Wait." });
  const { kinds, outcome } = await reports(scripted([error]));
  expect(kinds).toEqual(["failed"]);
  expect(outcome).toBeUndefined();
});

test("a bug fails the reply too, and keeps its traceback", async () => {
  const bug = new TypeError("a bug");
  const { kinds, outcome } = await reports(scripted([bug]));
  expect(kinds).toEqual(["failed"]);
  expect(outcome).toBe(bug);
});

test("an aborted reply reports nothing, whatever it ends with", async () => {
  const signal = AbortSignal.abort();
  expect(await reports(scripted([bubble("b"), DONE]), signal)).toEqual({ kinds: [] });
  expect(await reports(scripted([new Error("aborted")]), signal)).toEqual({ kinds: [] });
});
