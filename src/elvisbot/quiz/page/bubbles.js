// Bubbles as iMessage draws them.

// One grapheme that is drawn as a picture: a flag, a keycap, an emoji; © and 7 stay text.
const EMOJI =
  /^(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|(?!\p{Regional_Indicator}|\p{Emoji_Modifier})\p{Emoji_Presentation}(?!\uFE0E)|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}))/u;
const JUMBO = 3; // so many emoji alone are drawn large
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// One run of bubbles: texts of one sender, who is "me", "them" or "bot". Spans, because a run also
// stands in a button.
export function bubbles(texts, sender) {
  const run = document.createElement("span");
  run.className = `run ${sender}`;
  for (const text of texts) {
    const bubble = document.createElement("span");
    bubble.className = isJumbo(text) ? "bubble jumbo" : "bubble";
    bubble.dir = "auto";
    bubble.textContent = text;
    run.append(bubble);
  }
  return run;
}

// Makes every bubble below `root` as narrow as its longest line, which CSS cannot.
export function fit(root) {
  const found = [...root.querySelectorAll(".bubble:not(.jumbo)")];
  for (const bubble of found) bubble.style.width = "";
  const widths = found.map(longestLine);
  found.forEach((bubble, place) => {
    if (widths[place]) bubble.style.width = `${widths[place]}px`;
  });
}

// The width of a bubble's longest line, its padding included; 0 if there is one line, or none.
function longestLine(bubble) {
  const range = document.createRange();
  range.selectNodeContents(bubble);
  const lines = [...range.getClientRects()];
  if (lines.length < 2) return 0;
  const { paddingLeft, paddingRight } = getComputedStyle(bubble);
  const text = Math.max(...lines.map((line) => line.right)) - Math.min(...lines.map((line) => line.left));
  return Math.ceil(text + parseFloat(paddingLeft) + parseFloat(paddingRight)) + 1;
}

function isJumbo(text) {
  const marks = [...graphemes.segment(text)];
  return marks.length <= JUMBO && marks.every(({ segment }) => EMOJI.test(segment));
}
