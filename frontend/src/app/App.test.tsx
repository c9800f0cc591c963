// @vitest-environment jsdom
import "../testing/dom";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Message } from "../conversation/message";
import { ResponderError } from "../responder/responder";
import { memoryStore } from "../storage/memory";
import {
  bubble,
  DONE,
  ELVIS,
  reaction,
  said,
  scripted,
  typing,
  type Script,
} from "../testing/builders";
import { App } from "./App";

/** The app with a bot that answers at once, and what the browser had stored before. */
async function setUp(scripts: readonly Script[] = [], stored: readonly Message[] = []) {
  const responder = {
    ...scripted(...scripts),
    bot: () => Promise.resolve({ ...ELVIS, flushSeconds: 0 }),
  };
  const store = memoryStore();
  await store.save("Elvis", 0, stored);
  render(<App responder={responder} store={Promise.resolve(store)} />);
  const field = await screen.findByRole("textbox", { name: "Message" });
  return { responder, store, field };
}

const bubbles = () =>
  screen
    .queryAllByTestId("bubble")
    .map((element) => [element.dataset["from"], element.textContent]);

test("what is sent is answered, bubble by bubble, and both are stored", async () => {
  const { field, store } = await setUp([[typing(0), bubble("yo"), bubble("you?"), DONE]]);
  await userEvent.type(field, "hey{Enter}");
  await screen.findByText("you?");
  expect(bubbles()).toEqual([
    ["them", "hey"],
    ["me", "yo"],
    ["me", "you?"],
  ]);
  await waitFor(async () => {
    const stored = await store.load("Elvis");
    expect(stored.map((message) => message.text)).toEqual(["hey", "yo", "you?"]);
  });
});

test("the receipt tells that the message was read once the bot types", async () => {
  const { field } = await setUp([[typing(20), bubble("yo"), DONE]]);
  await userEvent.type(field, "hey{Enter}");
  expect(await screen.findByTestId("typing")).toBeTruthy();
  expect(screen.getByText("Read")).toBeTruthy();
});

test("a stored conversation is there again", async () => {
  await setUp([], [said("them", "hey"), said("me", "yo")]);
  expect(bubbles()).toEqual([
    ["them", "hey"],
    ["me", "yo"],
  ]);
  expect(screen.getByText("Delivered")).toBeTruthy();
});

test("what could not be delivered says why, and a tap sends it again", async () => {
  const failure = { reason: "refused", problem: "No model.", remedy: "Train one." } as const;
  const { field, responder } = await setUp([[new ResponderError(failure)], [bubble("yo"), DONE]]);
  await userEvent.type(field, "hey{Enter}");
  const retry = await screen.findByRole("button", { name: "Not Delivered" });
  expect(screen.getByText("No model. Train one.")).toBeTruthy();
  await userEvent.click(retry);
  await screen.findByText("yo");
  expect(screen.queryByText("Not Delivered")).toBeNull();
  expect(responder.asked).toEqual([["hey"], ["hey"]]);
});

test("a reply that broke off can be asked for again, in place of its half", async () => {
  const { field } = await setUp([[bubble("half")], [bubble("whole"), DONE]]);
  await userEvent.type(field, "hey{Enter}");
  await userEvent.click(await screen.findByRole("button", { name: "Reply interrupted" }));
  await screen.findByText("whole");
  expect(bubbles()).toEqual([
    ["them", "hey"],
    ["me", "whole"],
  ]);
});

test("what anyone writes is text, and only web addresses are links", async () => {
  await setUp([], [said("me", "<img src=x onerror=alert(1)> https://a.example javascript:x")]);
  expect(bubbles()[0]?.[1]).toContain("<img src=x");
  const [link, ...others] = within(screen.getByRole("log")).getAllByRole("link");
  expect(others).toEqual([]);
  expect(link).toMatchObject({ href: "https://a.example/", rel: "noopener noreferrer" });
});

test("the contact card says that this is a bot, and deletes the conversation after asking", async () => {
  const { store } = await setUp([], [said("them", "hey"), said("me", "yo")]);
  await userEvent.click(screen.getByRole("button", { name: /contact card/u }));
  const card = within(screen.getByRole("dialog", { name: "Elvis" }));
  expect(card.getByText(/This is a bot/u)).toBeTruthy();
  await userEvent.click(card.getByRole("button", { name: "Delete conversation" }));
  expect(bubbles()).toHaveLength(2);
  await userEvent.click(card.getByRole("button", { name: "Delete" }));
  expect(bubbles()).toEqual([]);
  expect(await store.load("Elvis")).toEqual([]);
});

test("without a server, who was there last is there again with all that was said", async () => {
  const failure = { reason: "unreachable", problem: "Nobody there.", remedy: "Start it." } as const;
  const store = memoryStore();
  await store.keepCard(ELVIS);
  await store.save("Elvis", 0, [said("them", "hey"), said("me", "yo")]);
  const responder = { ...scripted(), bot: () => Promise.reject(new ResponderError(failure)) };
  render(<App responder={responder} store={Promise.resolve(store)} />);
  await screen.findByText("yo");
  expect(screen.queryByText("Nobody there.")).toBeNull();
});

test("a reaction of the bot's is on the message that it is to, and can be all of a reply", async () => {
  const responder = {
    ...scripted(),
    bot: () => Promise.resolve({ ...ELVIS, flushSeconds: 0 }),
    async *answer(_: string, conversation: readonly Message[]) {
      yield await Promise.resolve(reaction(conversation.at(-1)?.id ?? "", "loved"));
      yield DONE;
    },
  };
  render(<App responder={responder} store={Promise.resolve(memoryStore())} />);
  await userEvent.type(await screen.findByRole("textbox", { name: "Message" }), "hey{Enter}");
  expect((await screen.findByTestId("reaction")).textContent).toBe("❤️ Elvis loved this.");
  expect(screen.getByText("Read")).toBeTruthy();
});

test("the first visit begins with who this is", async () => {
  localStorage.clear();
  await setUp();
  const card = within(await screen.findByRole("dialog", { name: "Elvis" }));
  expect(card.getByText(/it is not/u).textContent).toContain("imitates how Elvis texts");
  expect(card.getByRole("button", { name: "Start texting" })).toBeTruthy();
  expect(card.queryByRole("button", { name: "Delete conversation" })).toBeNull();
});

test("a server that does not answer is said, and is asked again", async () => {
  const failure = { reason: "unreachable", problem: "Nobody there.", remedy: "Start it." } as const;
  let attempts = 0;
  const responder = {
    ...scripted(),
    bot: () => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new ResponderError(failure)) : Promise.resolve(ELVIS);
    },
  };
  render(<App responder={responder} store={Promise.resolve(memoryStore())} />);
  await screen.findByText("Nobody there.");
  await userEvent.click(screen.getByRole("button", { name: "Try Again" }));
  expect(await screen.findByRole("textbox", { name: "Message" })).toBeTruthy();
});
