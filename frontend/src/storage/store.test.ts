import "fake-indexeddb/auto";
import { describe, expect, test, vi } from "vitest";
import { ELVIS, said } from "../testing/builders";
import { openIndexedDb } from "./indexeddb";
import { memoryStore } from "./memory";
import { openStore, sharedLength } from "./store";

const [a, b, c] = [said("them", "a"), said("me", "b"), said("them", "c")];
let names = 0;

describe.each([
  ["IndexedDB", openIndexedDb],
  ["memory", () => Promise.resolve(memoryStore())],
])("%s", (_, open) => {
  /** A store and a bot that nobody has talked to. */
  const fresh = async () => ({ store: await open(), bot: `bot ${(names += 1)}` });

  test("a conversation that never was is empty", async () => {
    const { store, bot } = await fresh();
    expect(await store.load(bot)).toEqual([]);
  });

  test("messages come back in their order", async () => {
    const { store, bot } = await fresh();
    await store.save(bot, 0, [a, b]);
    await store.save(bot, 2, [c]);
    expect(await store.load(bot)).toEqual([a, b, c]);
  });

  test("order holds beyond ten messages", async () => {
    const { store, bot } = await fresh();
    const many = Array.from({ length: 12 }, (_, index) => said("me", `${index}`));
    await store.save(bot, 0, many);
    expect(await store.load(bot)).toEqual(many);
  });

  test("the end of a conversation can be replaced and cut", async () => {
    const { store, bot } = await fresh();
    await store.save(bot, 0, [a, b, c]);
    await store.save(bot, 1, [c]);
    expect(await store.load(bot)).toEqual([a, c]);
    await store.save(bot, 1, []);
    expect(await store.load(bot)).toEqual([a]);
  });

  test("deleting one bot's conversation leaves the others alone", async () => {
    const { store, bot } = await fresh();
    await store.save(bot, 0, [a]);
    await store.save(`${bot} too`, 0, [b]);
    await store.save(bot, 0, []);
    expect(await store.load(bot)).toEqual([]);
    expect(await store.load(`${bot} too`)).toEqual([b]);
  });

  test("the card that was shown last is kept", async () => {
    const { store } = await fresh();
    await store.keepCard({ ...ELVIS, name: "Ana" });
    await store.keepCard(ELVIS);
    expect(await store.card()).toEqual(ELVIS);
  });

  test("saves that do not wait for each other are carried out in order", async () => {
    const { store, bot } = await fresh();
    await Promise.all([store.save(bot, 0, [a]), store.save(bot, 1, [b]), store.save(bot, 1, [c])]);
    expect(await store.load(bot)).toEqual([a, c]);
  });
});

test("conversations of the app's first version are still there", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  const request = indexedDB.open("elvisbot", 1);
  request.onupgradeneeded = () => {
    const messages = request.result.createObjectStore("messages", { keyPath: ["bot", "position"] });
    messages.put({ bot: "Elvis", position: 0, message: a });
  };
  await new Promise((resolve) => (request.onsuccess = resolve));
  request.result.close();
  const store = await openIndexedDb();
  expect(await store.load("Elvis")).toEqual([a]);
  expect(await store.card()).toBeUndefined();
});

test("a browser that refuses to store anything gets a conversation that lasts as long as the page", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("no", "SecurityError");
  });
  const store = await openStore();
  await store.save("Elvis", 0, [a]);
  expect(await store.load("Elvis")).toEqual([a]);
});

test("two lists share what is the very same at their beginning", () => {
  expect(sharedLength([a, b], [a, b, c])).toBe(2);
  expect(sharedLength([a, b, c], [a])).toBe(1);
  expect(sharedLength([a, b], [a, { ...b }])).toBe(1);
  expect(sharedLength([a], [])).toBe(0);
});
