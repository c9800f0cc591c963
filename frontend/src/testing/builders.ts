import type { Message, Sender } from "../conversation/message";
import type { BotCard, ReplyEvent, Responder } from "../responder/responder";

export const NOON = new Date(2026, 2, 4, 12, 0).getTime();
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A message by its sender, text and time after noon. Its id is its text. */
export function said(from: Sender, text: string, after = 0): Message {
  return { id: text, from, text, sentAt: NOON + after };
}

export const ELVIS: BotCard = { name: "Elvis", initials: "E", flushSeconds: 5 };

export const typing = (seconds: number, after = 0): ReplyEvent => ({
  event: "typing",
  seconds,
  after,
});
export const bubble = (text: string): ReplyEvent => ({ event: "bubble", id: `bot ${text}`, text });
export const reaction = (to: string, kind: string): ReplyEvent => ({
  event: "reaction",
  to,
  kind,
  after: 0,
});
export const DONE: ReplyEvent = { event: "done" };

/** What one request is answered with: events, or an error after them. */
export type Script = readonly (ReplyEvent | Error)[];

export interface ScriptedResponder extends Responder {
  /** The texts of every request, as they came. */
  readonly asked: string[][];
  /** How many requests were aborted before their end. */
  readonly aborted: () => number;
}

/** A responder that answers its first request with the first script, and so on. */
export function scripted(...scripts: readonly Script[]): ScriptedResponder {
  const asked: string[][] = [];
  let aborted = 0;
  return {
    asked,
    aborted: () => aborted,
    bot: () => Promise.resolve(ELVIS),
    async *answer(_, conversation, signal) {
      signal.addEventListener("abort", () => {
        aborted += 1;
      });
      asked.push(conversation.map((message) => message.text));
      for (const step of scripts[asked.length - 1] ?? [DONE]) {
        await Promise.resolve();
        if (step instanceof Error) throw step;
        yield step;
      }
    },
  };
}
