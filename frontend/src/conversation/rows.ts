import type { Message } from "./message";
import { jumboCount } from "./emoji";

/** A message joins the run of the one before if it was sent at most this long after it. */
const MAX_RUN_GAP_MS = 60_000;
/** A timestamp stands where the conversation rested for longer than this. */
const MAX_QUIET_MS = 3_600_000;

/** What stands under the latest sent message. */
export type ReceiptState =
  | { readonly kind: "delivered" }
  | { readonly kind: "read"; readonly at: number }
  | { readonly kind: "failed" };

export interface StampRow {
  readonly kind: "stamp";
  readonly key: string;
  readonly at: number;
}

export interface MessageRow {
  readonly kind: "message";
  readonly message: Message;
  readonly startsRun: boolean;
  /** The last of a run: it carries the tail, unless it has no bubble. */
  readonly endsRun: boolean;
  /** How many emoji it is made of, if it is drawn as large emoji without a bubble; else 0. */
  readonly jumbo: number;
  readonly receipt?: ReceiptState;
  /** The message that it answers, where the visitor chose one that is still there. */
  readonly quoted?: Message;
}

export type Row = StampRow | MessageRow;

/**
 * What the transcript shows, top to bottom.
 *
 * @param messages oldest first
 */
export function rows(messages: readonly Message[]): Row[] {
  const latestSent = messages.findLast((message) => message.from === "them");
  const byId = new Map<string | undefined, Message>();
  if (messages.some((message) => message.replyTo !== undefined)) {
    for (const message of messages) byId.set(message.id, message);
  }
  return messages.flatMap((message, index) => {
    const startsRun = !continuesRun(messages[index - 1], message);
    const next = messages[index + 1];
    const quoted = byId.get(message.replyTo);
    const row: MessageRow = {
      kind: "message",
      message,
      startsRun,
      endsRun: next === undefined || !continuesRun(message, next),
      jumbo: jumboCount(message.text),
      ...(message === latestSent && { receipt: receipt(message) }),
      ...(quoted !== undefined && { quoted }),
    };
    return needsStamp(messages[index - 1], message)
      ? [{ kind: "stamp", key: `stamp ${message.id}`, at: message.sentAt }, row]
      : [row];
  });
}

function continuesRun(previous: Message | undefined, message: Message): boolean {
  return (
    previous?.from === message.from &&
    message.sentAt - previous.sentAt <= MAX_RUN_GAP_MS &&
    !needsStamp(previous, message)
  );
}

function needsStamp(previous: Message | undefined, message: Message): boolean {
  return (
    previous === undefined ||
    message.sentAt - previous.sentAt > MAX_QUIET_MS ||
    startOfDay(message.sentAt) !== startOfDay(previous.sentAt)
  );
}

/** The visitor's own midnight before a time. */
export function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function receipt(message: Message): ReceiptState {
  if (message.failed) return { kind: "failed" };
  if (message.readAt !== undefined) return { kind: "read", at: message.readAt };
  return { kind: "delivered" };
}
