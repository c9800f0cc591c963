/** Put a text on the clipboard. @throws {DOMException} if the browser refuses. */
export async function copy(text: string): Promise<void> {
  const clipboard = (navigator as Partial<Navigator>).clipboard;
  if (clipboard !== undefined) {
    await clipboard.writeText(text);
    return;
  }
  // Over plain http:// from another computer there is no clipboard but the old way to it.
  const write = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  };
  document.addEventListener("copy", write);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
  document.execCommand("copy");
  document.removeEventListener("copy", write);
}
