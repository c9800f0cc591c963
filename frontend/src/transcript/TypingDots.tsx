import "./TypingDots.css";

/** Three dots in a bubble, with the two circles of a thought. */
export function TypingDots({ botName }: { readonly botName: string }) {
  return (
    <div
      className="typing"
      data-testid="typing"
      role="img"
      aria-live="off"
      aria-label={`${botName} is typing`}
    >
      <span />
      <span />
      <span />
    </div>
  );
}
