/**
 * The lines of a stream of bytes, without their line feeds; a last line needs none.
 *
 * A line, and even one character, may arrive in several chunks.
 *
 * @param silenceMs give up if nothing arrives for this long
 * @throws {@link SilenceError}
 */
export async function* lines(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await within(silenceMs, reader.read());
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const complete = rest.split("\n");
      rest = complete.pop() ?? "";
      yield* complete;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    // Tells the sender to stop. It may already be gone, which is just as well.
    reader.cancel().catch(() => undefined);
  }
}

/** A connection that is open but dead: a laptop that slept, a network that changed. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SilenceError(`nothing arrived for ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
