import { pieces } from "../conversation/links";

/** A text with its web addresses made into links. Everything is set as text, never as HTML. */
export function Linked({ text }: { readonly text: string }) {
  return pieces(text).map((piece, index) =>
    piece.href === undefined ? (
      piece.text
    ) : (
      <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
        {piece.text}
      </a>
    ),
  );
}
