import type { Failure, ReplyEvent } from "../responder/responder";
import { trailing, unanswered, type Message } from "./message";
import { reacted, toggled } from "./reactions";

/**
 * What is under way. The burst to answer is always what is `unanswered` at the end of the
 * conversation, so no phase repeats it.
 *
 *     resting ─sent→ waiting ─flushed→ replying ─done→ resting
 *                       ↑ typed, sent, busy │ └─failed→ failed ─retried, resumed→ replying
 *                       └───────────────────┘
 *
 * Every wait and every reply is a new object: the hook that carries it out starts again with it,
 * and drops the one before.
 */
export type Phase =
  | { readonly name: "resting" }
  | { readonly name: "waiting"; readonly seconds: number; readonly tries: number }
  | { readonly name: "replying"; readonly tries: number; readonly resumed: number }
  | {
      readonly name: "failed";
      readonly failure?: Failure;
      /** So often in a row the app has tried again by itself. */
      readonly resumed: number;
    };

export interface State {
  readonly messages: readonly Message[];
  readonly phase: Phase;
  /** The bot shows its typing dots. */
  readonly typing: boolean;
  /** So many bubbles at the end are half a reply, and go as soon as the whole one begins. */
  readonly half: number;
  /** How long a burst rests before it is answered. */
  readonly flushSeconds: number;
}

export type Action =
  | {
      readonly type: "sent";
      readonly id: string;
      readonly text: string;
      readonly at: number;
      readonly replyTo?: string | undefined;
    }
  | { readonly type: "typed" }
  | { readonly type: "flushed" }
  | { readonly type: "replied"; readonly event: ReplyEvent; readonly at: number }
  | { readonly type: "failed"; readonly failure: Failure }
  /** The visitor asks for another try. */
  | { readonly type: "retried" }
  /** The app tries again by itself: nothing looks delivered before it is. */
  | { readonly type: "resumed" }
  /** The visitor adds a reaction, or takes it back if it is there already. */
  | { readonly type: "reacted"; readonly id: string; readonly kind: string }
  | { readonly type: "deleted" };

/** A busy responder is asked this often before the visitor hears about it. */
const MAX_TRIES = 3;
/** A responder that asks for more patience than this is reported at once. */
const MAX_RETRY_AFTER_SECONDS = 15;

const RESTING: Phase = { name: "resting" };
const NO_TRIES = { tries: 0, resumed: 0 };

/** The state to start from: what had not been answered when the app was closed goes on. */
export function opened(messages: readonly Message[], flushSeconds: number): State {
  const burst = unanswered(messages);
  const state: State = { messages, phase: RESTING, typing: false, half: 0, flushSeconds };
  if (messages.at(-1)?.unfinished) return { ...state, phase: { name: "failed", resumed: 0 } };
  if (burst.length === 0) return state;
  return burst.some((message) => message.failed)
    ? { ...state, phase: { name: "failed", resumed: 0 } }
    : waiting(state);
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "sent":
      return sent(state, {
        id: action.id,
        from: "them",
        text: action.text,
        sentAt: action.at,
        ...(action.replyTo !== undefined && { replyTo: action.replyTo }),
      });
    case "typed":
      return typed(state);
    case "flushed":
      return state.phase.name === "waiting"
        ? { ...state, phase: { name: "replying", tries: state.phase.tries + 1, resumed: 0 } }
        : state;
    case "replied":
      return state.phase.name === "replying" ? replied(state, action.event, action.at) : state;
    case "failed":
      return state.phase.name === "replying" ? failed(state, action.failure) : state;
    case "retried":
      return state.phase.name === "failed"
        ? asking({ ...state, messages: withoutMarks(state.messages) }, 0)
        : state;
    case "resumed":
      return state.phase.name === "failed" ? asking(state, state.phase.resumed + 1) : state;
    case "reacted":
      return {
        ...state,
        messages: changed(
          state.messages,
          ({ id }) => id === action.id,
          (message) => toggled(message, "them", action.kind),
        ),
      };
    case "deleted":
      return { ...state, messages: [], phase: RESTING, typing: false, half: 0 };
  }
}

/** What is sent to be answered: half a reply is none. */
export function toAnswer({ messages, half }: State): readonly Message[] {
  return half === 0 ? messages : messages.slice(0, -half);
}

function sent(state: State, message: Message): State {
  return waiting({ ...state, messages: [...finished(state.messages), message] });
}

/** Typing restarts the wait, and interrupts the bot. */
function typed(state: State): State {
  switch (state.phase.name) {
    case "resting":
    case "failed":
      return state;
    case "waiting":
      return waiting(state);
    case "replying":
      return unanswered(state.messages).length > 0
        ? waiting(state)
        : {
            ...state,
            messages: finished(state.messages),
            phase: RESTING,
            typing: false,
            half: 0,
          };
  }
}

function waiting(state: State, seconds = state.flushSeconds, tries = 0): State {
  return { ...state, phase: { name: "waiting", seconds, tries }, typing: false, half: 0 };
}

function replied(state: State, event: ReplyEvent, at: number): State {
  const seen = { ...state, messages: read(withoutMarks(toAnswer(state)), at), half: 0 };
  switch (event.event) {
    case "typing":
      return { ...seen, typing: true };
    case "bubble":
      return {
        ...seen,
        messages: withBubble(seen.messages, event.id, event.text, at),
        typing: false,
      };
    case "reaction":
      return {
        ...seen,
        messages: changed(
          seen.messages,
          ({ id, from }) => id === event.to && from === "them",
          (message) => reacted(message, "me", event.kind),
        ),
      };
    case "done":
      return {
        ...seen,
        messages: finished(answered(seen.messages)),
        phase: RESTING,
        typing: false,
      };
  }
}

function withBubble(
  messages: readonly Message[],
  id: string,
  text: string,
  at: number,
): readonly Message[] {
  if (trailing(messages, "me").some((message) => message.id === id)) return messages;
  // A responder may number the bubbles of every reply from 1.
  const taken = messages.some((message) => message.id === id);
  const unique = taken ? `${id} ${messages.length}` : id;
  return [...messages, { id: unique, from: "me", text, sentAt: at, unfinished: true }];
}

function failed(state: State, failure: Failure): State {
  const { tries, resumed } = state.phase.name === "replying" ? state.phase : NO_TRIES;
  const seconds = failure.retryAfterSeconds;
  if (seconds !== undefined && seconds <= MAX_RETRY_AFTER_SECONDS && tries < MAX_TRIES) {
    return waiting(state, Math.max(seconds, 1), tries);
  }
  const burst = new Set(unanswered(state.messages));
  return {
    ...state,
    messages: changed(
      state.messages,
      (message) => burst.has(message),
      (message) => ({ ...message, failed: true }),
    ),
    phase: { name: "failed", failure, resumed },
    typing: false,
    half: 0,
  };
}

/** Ask again for the whole reply. */
function asking(state: State, resumed: number): State {
  return {
    ...state,
    half: trailing(state.messages, "me").length,
    phase: { name: "replying", tries: MAX_TRIES, resumed },
  };
}

function read(messages: readonly Message[], at: number): readonly Message[] {
  return changed(messages, isUnread, (message) => ({ ...message, readAt: at }));
}

function answered(messages: readonly Message[]): readonly Message[] {
  const burst = new Set(unanswered(messages));
  return changed(
    messages,
    (message) => burst.has(message),
    (message) => ({ ...message, answered: true }),
  );
}

/** No reply is under way any more: what came of it is all there is. */
function finished(messages: readonly Message[]): readonly Message[] {
  return changed(
    messages,
    (message) => message.unfinished === true,
    (message) => ({ ...message, unfinished: undefined }),
  );
}

function isUnread(message: Message): boolean {
  return message.from === "them" && message.readAt === undefined;
}

/** No message is marked as not delivered any more. */
function withoutMarks(messages: readonly Message[]): readonly Message[] {
  return changed(
    messages,
    (message) => message.failed === true,
    (message) => ({ ...message, failed: undefined }),
  );
}

/** The same list if nothing in it changes, so that the transcript is not drawn again for it. */
function changed(
  messages: readonly Message[],
  which: (message: Message) => boolean,
  change: (message: Message) => Message,
): readonly Message[] {
  return messages.some(which)
    ? messages.map((message) => (which(message) ? change(message) : message))
    : messages;
}
