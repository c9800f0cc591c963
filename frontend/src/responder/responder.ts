import type { Message } from "../conversation/message";

/** Whom the bot imitates, and how it wants to be treated. */
export interface BotCard {
  readonly name: string;
  readonly initials: string;
  /** A burst is answered once the visitor has not typed for this long. */
  readonly flushSeconds: number;
  /** Which model answers, where the responder says so. */
  readonly model?: string;
}

/**
 * One step of a reply. `typing` comes before the bubble that takes `seconds` to type, and begins
 * `after` so many seconds in which nothing is to be seen. `reaction` is to a message of the
 * visitor's; some replies are nothing but that.
 */
export type ReplyEvent =
  | { readonly event: "typing"; readonly seconds: number; readonly after: number }
  | { readonly event: "bubble"; readonly id: string; readonly text: string }
  | {
      readonly event: "reaction";
      readonly to: string;
      readonly kind: string;
      readonly after: number;
    }
  | { readonly event: "done" };

/** Who answers: today a server, later a model in this browser. Nothing else knows which. */
export interface Responder {
  /** @throws {@link ResponderError} */
  bot(): Promise<BotCard>;

  /**
   * The reply to a conversation, event by event, as fast as it is made.
   *
   * Pausing for `typing` is up to the caller. A reply is complete only with its `done`.
   *
   * @param bot whom it is said to
   * @param conversation oldest first, ending with the burst to answer
   * @param signal stops the work; whatever is thrown after that is of no interest
   * @throws {@link ResponderError}
   */
  answer(
    bot: string,
    conversation: readonly Message[],
    signal: AbortSignal,
  ): AsyncIterable<ReplyEvent>;
}

/** What went wrong, in words that can be shown, and what the visitor can do about it. */
export interface Failure {
  /**
   * `unreachable`: nobody answered, so it is worth another try once the network is back.
   * `refused`: the responder answered that it cannot. `cut-off`: the reply broke in the middle.
   */
  readonly reason: "unreachable" | "refused" | "cut-off";
  readonly problem: string;
  readonly remedy: string;
  /** The responder is busy and asks to be tried again after this long. */
  readonly retryAfterSeconds?: number;
}

export const CUT_OFF: Failure = {
  reason: "cut-off",
  problem: "The reply broke off.",
  remedy: "Try again.",
};

/** Every error of a responder that a visitor can meet; anything else is a bug. */
export class ResponderError extends Error {
  override readonly name = "ResponderError";
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.problem, options);
    this.failure = failure;
  }
}
