/** A stretch of a message's text; with `href` it is a link. The texts join to the message. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"“”]+/giu;
const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Split a text into plain stretches and links. Only http and https ever become links. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = withoutTrailingPunctuation(match[0]);
    const href = webAddress(address);
    if (href === undefined) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** "see https://a.example/x)." means the address without `).`, but `/Elvis_(film)` keeps its `)`. */
function withoutTrailingPunctuation(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const opening = CLOSING[last];
    const dangling = opening !== undefined && isUnbalanced(address.slice(0, end), opening, last);
    if (!dangling && !/[.,;:!?'’…]/u.test(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

function isUnbalanced(address: string, opening: string, closing: string): boolean {
  return address.split(closing).length > address.split(opening).length;
}

function webAddress(address: string): string | undefined {
  const withScheme = /^www\./iu.test(address) ? `https://${address}` : address;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  // https://bank.example@evil.example shows one site and opens another.
  if (url.username !== "" || url.password !== "") return undefined;
  return url.href;
}
