import { memo, useId } from "react";
import { glyph, verb } from "../conversation/reactions";
import type { MessageRow as Row } from "../conversation/rows";
import { clock } from "../conversation/stamps";
import type { Message, Reaction, Sender } from "../conversation/message";
import type { Failure } from "../responder/responder";
import { Linked } from "./Linked";
import { Receipt } from "./Receipt";
import "./Bubble.css";

interface Props extends Omit<Row, "kind"> {
  readonly botName: string;
  /** It came while the app was open, so it may move. */
  readonly fresh: boolean;
  /** The one message that Tab leads to; the arrow keys lead to the others. */
  readonly tabStop: boolean;
  readonly today: number;
  readonly failure: Failure | null | undefined;
  readonly onRetry: () => void;
}

/** One message: its bubble, or the bare emoji, with its reactions, and the receipt if any. */
export const MessageRow = memo(function MessageRow({
  message,
  startsRun,
  endsRun,
  jumbo,
  receipt,
  quoted,
  botName,
  fresh,
  tabStop,
  today,
  failure,
  onRetry,
}: Props) {
  const id = useId();
  const reactions = message.reactions ?? [];
  const row = names("row", {
    sent: message.from === "them",
    "starts-run": startsRun,
    fresh,
    failed: message.failed === true,
    reacted: reactions.length > 0,
  });
  return (
    <div className={row} data-row="" data-testid="row">
      {quoted && <Quote message={quoted} botName={botName} />}
      <span id={`${id}who`} className="visually-hidden">
        {name(message.from, botName)}, {clock(message.sentAt)}:{" "}
      </span>
      <div
        className="balloon"
        data-message={message.id}
        role="group"
        aria-roledescription="message"
        aria-labelledby={`${id}who ${id}text ${id}badges`}
        aria-keyshortcuts="Enter"
        tabIndex={tabStop ? 0 : -1}
      >
        <div
          id={`${id}text`}
          className={names("bubble", {
            jumbo: jumbo > 0,
            single: jumbo === 1,
            tail: endsRun && jumbo === 0,
          })}
          data-testid="bubble"
          data-from={message.from}
          dir="auto"
        >
          <Linked text={message.text} />
        </div>
        {message.failed && (
          <span className="failed-mark" aria-hidden="true">
            !
          </span>
        )}
        <div id={`${id}badges`} className="badges">
          {reactions.map((reaction) => (
            <Badge key={reaction.from} reaction={reaction} botName={botName} />
          ))}
        </div>
      </div>
      {receipt && <Receipt receipt={receipt} today={today} failure={failure} onRetry={onRetry} />}
    </div>
  );
});

/** The disc on a bubble's upper corner: somebody's reaction. */
function Badge({ reaction, botName }: { readonly reaction: Reaction; readonly botName: string }) {
  return (
    <span className={`badge ${reaction.from}`} data-testid="reaction" data-kind={reaction.kind}>
      <span aria-hidden="true">{glyph(reaction.kind)}</span>
      <span className="visually-hidden">
        {` ${name(reaction.from, botName)} ${verb(reaction.kind).toLowerCase()} this.`}
      </span>
    </span>
  );
}

/** The beginning of the message that this one answers, in outline above it. */
function Quote({ message, botName }: { readonly message: Message; readonly botName: string }) {
  return (
    <div className="quote" dir="auto">
      <span className="visually-hidden">In reply to {name(message.from, botName)}: </span>
      {message.text}
    </div>
  );
}

function name(sender: Sender, botName: string): string {
  return sender === "them" ? "You" : botName;
}

function names(base: string, optional: Readonly<Record<string, boolean>>): string {
  const chosen = Object.entries(optional).flatMap(([name, wanted]) => (wanted ? [name] : []));
  return [base, ...chosen].join(" ");
}
