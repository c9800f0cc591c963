// @vitest-environment jsdom
import "../testing/dom";
import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Composer } from "./Composer";

function setUp() {
  const onSend = vi.fn();
  const onTyping = vi.fn();
  const nothing = { replyingTo: undefined, onCancelReply: vi.fn() };
  render(<Composer onSend={onSend} onTyping={onTyping} {...nothing} />);
  return { onSend, onTyping, field: screen.getByRole("textbox", { name: "Message" }) };
}

test("the arrow is there only while there is something to send", async () => {
  const { field } = setUp();
  expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  await userEvent.type(field, "  ");
  expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  await userEvent.type(field, "hi");
  expect(screen.getByRole("button", { name: "Send" })).toBeTruthy();
});

test("Enter sends, empties the field and keeps the focus", async () => {
  const { field, onSend } = setUp();
  await userEvent.type(field, " hi there {Enter}");
  expect(onSend.mock.calls).toEqual([["hi there"]]);
  expect(field).toHaveProperty("value", "");
  expect(document.activeElement).toBe(field);
});

test("the arrow sends too", async () => {
  const { field, onSend } = setUp();
  await userEvent.type(field, "hi");
  await userEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(onSend.mock.calls).toEqual([["hi"]]);
  expect(document.activeElement).toBe(field);
});

test("Shift+Enter breaks the line", async () => {
  const { field, onSend } = setUp();
  await userEvent.type(field, "a{Shift>}{Enter}{/Shift}b{Enter}");
  expect(onSend.mock.calls).toEqual([["a\nb"]]);
});

test("Enter on an empty field sends nothing", async () => {
  const { field, onSend } = setUp();
  await userEvent.type(field, " {Enter}");
  expect(onSend).not.toHaveBeenCalled();
});

test.each([
  ["says so", { isComposing: true }],
  ["is Safari and has just ended the composition", { keyCode: 229 }],
])("Enter picks a word while an input method composes and the browser %s", async (_, detail) => {
  const { field, onSend } = setUp();
  await userEvent.type(field, "にほ");
  const enter = createEvent.keyDown(field, { key: "Enter", ...detail });
  fireEvent(field, enter);
  expect(onSend).not.toHaveBeenCalled();
  expect(enter.defaultPrevented).toBe(false);
});

test("every change of the draft counts as typing, deleting included", async () => {
  const { field, onTyping } = setUp();
  await userEvent.type(field, "ab{Backspace}");
  expect(onTyping).toHaveBeenCalledTimes(3);
});

test("half an emoji is mended, for it could not be encoded", () => {
  const { field, onSend } = setUp();
  fireEvent.change(field, { target: { value: "a\uD83D" } });
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend.mock.calls).toEqual([["a\uFFFD"]]);
});
