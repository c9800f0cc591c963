import { MAX_TEXT_LENGTH, newId, type Message } from "../conversation/message";
import { glyph, reactionOf } from "../conversation/reactions";
import type { BotCard, ReplyEvent } from "./responder";

/** So many of the latest messages are sent in any case, unless they are too large. */
const RECENT = 40;
/** Older ones are left out so many at a time: what the server computed of the rest stays of use. */
const BLOCK = 20;
/** The server refuses bodies over 64 KiB. */
const MAX_BODY_BYTES = 48 * 1024;

const encoder = new TextEncoder();

/**
 * The body of POST /api/reply: as much of the latest conversation as one request may carry, and
 * at least its last message.
 */
export function requestBody(bot: string, conversation: readonly Message[]): string {
  const surplus = Math.max(0, conversation.length - RECENT);
  let recent = conversation.slice(surplus - (surplus % BLOCK));
  let body = encode(bot, recent);
  while (recent.length > 1 && encoder.encode(body).length >= MAX_BODY_BYTES) {
    recent = recent.slice(1);
    body = encode(bot, recent);
  }
  return body;
}

function encode(bot: string, messages: readonly Message[]): string {
  return JSON.stringify({
    bot,
    messages: messages.map((message) => {
      // So that the bot does not react to it once more.
      const reaction = reactionOf(message, "me");
      return {
        id: message.id,
        from: message.from,
        text: message.text.slice(0, MAX_TEXT_LENGTH).toWellFormed(),
        sent_at: new Date(message.sentAt).toISOString(),
        ...(reaction !== undefined && { reaction }),
        ...(message.replyTo !== undefined && { reply_to: message.replyTo }),
      };
    }),
  });
}

/**
 * The event on one line of a reply; undefined for a heartbeat and for kinds of events that this
 * version does not know yet.
 *
 * @throws {SyntaxError} if the line is not an event at all
 */
export function replyEvent(line: string): ReplyEvent | undefined {
  if (line.trim() === "") return undefined;
  const value = record(JSON.parse(line));
  if (typeof value?.["event"] !== "string") throw new SyntaxError("a line without an event");
  switch (value["event"]) {
    case "typing":
      return {
        event: "typing",
        seconds: seconds(value["seconds"]) ?? 0,
        after: seconds(value["after"]) ?? 0,
      };
    case "reaction": {
      const [to, kind] = [text(value["to"]), text(value["kind"])];
      if (to === undefined || kind === undefined || glyph(kind) === undefined) return undefined;
      return { event: "reaction", to, kind, after: seconds(value["after"]) ?? 0 };
    }
    case "bubble": {
      const words = text(value["text"]);
      if (words === undefined) return undefined;
      return { event: "bubble", id: text(value["id"]) ?? newId(), text: words };
    }
    case "done":
      return { event: "done" };
    default:
      return undefined;
  }
}

const DEFAULT_FLUSH_SECONDS = 5;

/** The card of GET /api/bot; undefined if this is not one. */
export function botCard(value: unknown): BotCard | undefined {
  const card = record(value);
  const name = text(card?.["name"]);
  if (card === undefined || name === undefined) return undefined;
  const model = text(card["model"]);
  return {
    name,
    initials: text(card["initials"]) ?? "",
    flushSeconds: seconds(card["flush_seconds"]) ?? DEFAULT_FLUSH_SECONDS,
    ...(model !== undefined && { model }),
  };
}

/** The two sentences of a problem document, or nothing if it is none (a proxy's error page). */
export function problem(value: unknown): { detail?: string; remedy?: string } {
  const document = record(value);
  const detail = text(document?.["detail"]) ?? text(document?.["title"]);
  const remedy = text(document?.["remedy"]);
  return { ...(detail !== undefined && { detail }), ...(remedy !== undefined && { remedy }) };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function seconds(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}
