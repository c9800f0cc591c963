/** What a bubble was measured for: measuring again would give the same. */
const fitted = new WeakMap<Element, string>();

/**
 * Shrink every bubble whose text wraps to its longest line, which CSS cannot do: a box whose text
 * wraps is as wide as it may be.
 *
 * All widths are reset, then all lines measured, then all widths set, so that the browser lays the
 * page out twice and not twice for each bubble.
 *
 * @param setting what the widths depend on besides the text: bubbles are measured again when it
 *   changes
 */
export function fitBubbles(column: HTMLElement, setting: string): void {
  const bubbles = Array.from(column.querySelectorAll<HTMLElement>(".bubble:not(.jumbo)")).filter(
    (bubble) => fitted.get(bubble) !== `${setting} ${bubble.textContent}`,
  );
  for (const bubble of bubbles) bubble.style.width = "";
  const widths = bubbles.map(longestLine);
  bubbles.forEach((bubble, index) => {
    const longest = widths[index];
    if (longest !== undefined) bubble.style.width = `${longest}px`;
    fitted.set(bubble, `${setting} ${bubble.textContent}`);
  });
}

/** The width that a bubble needs, its padding included; undefined if its text does not wrap. */
function longestLine(bubble: HTMLElement): number | undefined {
  const range = document.createRange();
  range.selectNodeContents(bubble);
  const lines = Array.from(range.getClientRects()).filter((line) => line.width > 0);
  const tops = lines.map((line) => line.top);
  const wraps = Math.max(...tops) - Math.min(...tops) > 4;
  if (!wraps) return undefined;
  const text =
    Math.max(...lines.map((line) => line.right)) - Math.min(...lines.map((line) => line.left));
  const { width, paddingLeft, paddingRight } = getComputedStyle(bubble);
  // A bubble that has just arrived is still scaled, and so are its rectangles, not its width.
  const scale = bubble.getBoundingClientRect().width / parseFloat(width);
  return Math.ceil(text / scale + parseFloat(paddingLeft) + parseFloat(paddingRight));
}
