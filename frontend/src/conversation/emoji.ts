const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const MAX_JUMBO = 3;

/**
 * One grapheme that is drawn as a picture: a flag, a keycap, a character that is an emoji by
 * default, or one made so by U+FE0F or a skin tone. `©` and `7` stay text.
 *
 * `\p{RGI_Emoji}` says the same but needs the `v` flag, which browsers before 2023 cannot parse.
 */
const EMOJI =
  /^(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|(?!\p{Regional_Indicator}|\p{Emoji_Modifier})\p{Emoji_Presentation}(?!\uFE0E)|\p{Extended_Pictographic}(?:\uFE0F|\u200D|\p{Emoji_Modifier}))/u;

/**
 * How many emoji a text has that is nothing but one to three emoji; 0 for any other text.
 *
 * Such a message is drawn large and without a bubble.
 */
export function jumboCount(text: string): number {
  let count = 0;
  for (const { segment } of graphemes.segment(text.trim())) {
    count += 1;
    if (count > MAX_JUMBO || !EMOJI.test(segment)) return 0;
  }
  return count;
}

/** Whether a text is one emoji and nothing else. */
export function isEmoji(text: string): boolean {
  return text !== "" && jumboCount(text) === 1 && text.trim() === text;
}

/** The first `count` characters as a reader counts them, so that no emoji is cut in half. */
export function firstGraphemes(text: string, count: number): string {
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
    .slice(0, count)
    .join("");
}
