import { memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Message } from "../conversation/message";
import { rows, type Row } from "../conversation/rows";
import type { Failure } from "../responder/responder";
import { CutOff } from "./CutOff";
import { fitBubbles } from "./fitBubbles";
import { MessageRow } from "./MessageRow";
import { TimeStamp } from "./TimeStamp";
import { TypingDots } from "./TypingDots";
import { useFonts } from "./useFonts";
import { useHistory } from "./useHistory";
import { useMessageGestures, type OnMenu } from "./useMessageGestures";
import { useStickToBottom } from "./useStickToBottom";
import { useToday } from "./useToday";
import { useWidth } from "./useWidth";
import "./Transcript.css";

interface Props {
  readonly botName: string;
  readonly messages: readonly Message[];
  readonly typing: boolean;
  /** Why the last reply failed; null if it did and nobody knows why; undefined if it did not. */
  readonly failure: Failure | null | undefined;
  readonly onRetry: () => void;
  readonly onMenu: OnMenu;
}

/** Everything that was said, oldest first, and the bot's typing dots. */
export const Transcript = memo(function Transcript({
  botName,
  messages,
  typing,
  failure,
  onRetry,
  onMenu,
}: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const [openedAt] = useState(() => Date.now());
  const today = useToday();
  const all = useMemo(() => rows(messages), [messages]);
  const sent = messages.findLast((message) => message.from === "them")?.id;
  const [{ first, end }, moved] = useHistory(scroller, all.length, sent);
  const width = useWidth(column);
  const fonts = useFonts();
  const gestures = useMessageGestures(column, onMenu);

  // Before the scroll position is set, because it changes heights.
  useLayoutEffect(() => {
    if (column.current !== null) fitBubbles(column.current, `${width} ${fonts}`);
  }, [all, first, end, width, fonts]);
  useStickToBottom(scroller, column, messages, typing);

  const last = messages.at(-1);
  const cutOff = failure !== undefined && last?.from === "me";
  const render = (row: Row) =>
    row.kind === "stamp" ? (
      <TimeStamp key={row.key} at={row.at} today={today} />
    ) : (
      <MessageRow
        key={row.message.id}
        {...row}
        botName={botName}
        fresh={row.message.sentAt >= openedAt}
        tabStop={row.message === last}
        today={today}
        failure={row.receipt?.kind === "failed" ? failure : undefined}
        onRetry={onRetry}
      />
    );

  return (
    <div
      ref={scroller}
      className="transcript"
      role="log"
      aria-live={moved ? "off" : "polite"}
      aria-label={`Conversation with ${botName}`}
      tabIndex={0}
    >
      <div ref={column} className="column" {...gestures}>
        {first === 0 && (
          <p className="notice">
            This is a bot that imitates <bdi>{botName}</bdi>.
          </p>
        )}
        {all.slice(first, end).map(render)}
        {typing && end >= all.length && <TypingDots botName={botName} />}
        {cutOff && end >= all.length && <CutOff failure={failure} onRetry={onRetry} />}
      </div>
    </div>
  );
});
