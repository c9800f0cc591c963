import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from "react";
import { MAX_TEXT_LENGTH, type Message } from "../conversation/message";
import { useDraft } from "./useDraft";
import "./Composer.css";

interface Props {
  /** Called at every change of the draft. */
  readonly onTyping: () => void;
  readonly onSend: (text: string) => void;
  /** The message that the next one answers, if the visitor chose one. */
  readonly replyingTo: Message | undefined;
  readonly onCancelReply: () => void;
}

/** The growing pill at the bottom: what is being written, and the arrow that sends it. */
export function Composer({ onTyping, onSend, replyingTo, onCancelReply }: Props) {
  const [draft, setDraft] = useDraft();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = draft.trim();

  useLayoutEffect(() => {
    if (field.current !== null) growToFit(field.current);
  }, [draft]);

  useEffect(() => {
    if (replyingTo !== undefined) field.current?.focus();
  }, [replyingTo]);

  const send = () => {
    if (text === "") return;
    // Half an emoji cannot be encoded; the server would refuse the whole burst because of it.
    onSend(text.toWellFormed());
    setDraft("");
    field.current?.focus();
  };

  const sendOnEnter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  };

  return (
    <div className="composer">
      {replyingTo && (
        <div className="replying">
          <span className="replying-text" dir="auto">
            <span className="visually-hidden">Replying to: </span>
            {replyingTo.text}
          </span>
          <button type="button" aria-label="Cancel reply" onClick={onCancelReply}>
            <span aria-hidden="true">×</span>
          </button>
        </div>
      )}
      <div className="pill">
        <textarea
          ref={field}
          aria-label="Message"
          placeholder="iMessage"
          rows={1}
          dir="auto"
          maxLength={MAX_TEXT_LENGTH}
          enterKeyHint="send"
          autoFocus={matchMedia("(pointer: fine)").matches}
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            onTyping();
          }}
          onKeyDown={sendOnEnter}
        />
        {text !== "" && (
          <button
            type="button"
            className="send"
            aria-label="Send"
            // The field keeps the focus, or a phone's keyboard would fold away at every message.
            onPointerDown={(event) => {
              event.preventDefault();
            }}
            onClick={send}
          >
            <svg viewBox="0 0 30 30" aria-hidden="true">
              <path d="M15 22V9M9.3 14.2 15 8.5l5.7 5.7" />
            </svg>
          </button>
        )}
      </div>
    </div>
  );
}

/** Enter that picks a word in an input method. Safari ends the composition before that keydown. */
function isComposing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign that Safari gives
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

function growToFit(field: HTMLTextAreaElement): void {
  const pill = field.parentElement;
  // Measured in a pill that keeps its height, or the transcript above would jump at every key.
  if (pill !== null) pill.style.minHeight = `${pill.offsetHeight}px`;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
  if (pill !== null) pill.style.minHeight = "";
}
