import { memo } from "react";
import type { MessageRow as Row } from "../conversation/rows";
import type { Failure } from "../responder/responder";
import { Linked } from "./Linked";
import { Receipt } from "./Receipt";
import "./Bubble.css";

interface Props extends Omit<Row, "kind"> {
  readonly botName: string;
  /** It came while the app was open, so it may move. */
  readonly fresh: boolean;
  readonly today: number;
  readonly failure: Failure | null | undefined;
  readonly onRetry: () => void;
}

/** One message: its bubble, or the bare emoji, and the receipt if it carries one. */
export const MessageRow = memo(function MessageRow({
  message,
  startsRun,
  endsRun,
  jumbo,
  receipt,
  botName,
  fresh,
  today,
  failure,
  onRetry,
}: Props) {
  const row = names("row", {
    sent: message.from === "them",
    "starts-run": startsRun,
    fresh,
    failed: message.failed === true,
  });
  return (
    <div className={row}>
      <span className="visually-hidden">{message.from === "them" ? "You" : botName}: </span>
      <div
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
      {receipt && <Receipt receipt={receipt} today={today} failure={failure} onRetry={onRetry} />}
    </div>
  );
});

function names(base: string, optional: Readonly<Record<string, boolean>>): string {
  const chosen = Object.entries(optional).flatMap(([name, wanted]) => (wanted ? [name] : []));
  return [base, ...chosen].join(" ");
}
