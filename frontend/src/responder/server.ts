import { lines } from "./lines";
import { CUT_OFF, ResponderError, type Failure, type Responder } from "./responder";
import { botCard, problem, replyEvent, requestBody } from "./wire";

/** Heartbeats come every few seconds; after this long without one nobody is there any more. */
const SILENCE_MS = 60_000;

const UNREACHABLE: Failure = {
  reason: "unreachable",
  problem: "ElvisBot does not answer.",
  remedy: "Check that it is running and that you are connected, then try again.",
};

/** The HTTP contract, and the only place that knows it. */
export const serverResponder: Responder = {
  async bot() {
    const response = await request("/api/bot", {});
    const card = botCard(await json(response));
    if (card === undefined) throw new ResponderError(UNREACHABLE);
    return card;
  },

  async *answer(bot, conversation, signal) {
    const response = await request("/api/reply", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" },
      body: requestBody(bot, conversation),
      signal,
    });
    if (response.body === null) throw new ResponderError(CUT_OFF);
    let done = false;
    try {
      for await (const line of lines(response.body, SILENCE_MS)) {
        const event = replyEvent(line);
        // Held back to the end of the stream: leaving it earlier would count as a broken request.
        if (event?.event === "done") done = true;
        else if (event !== undefined) yield event;
      }
    } catch (error) {
      if (!done) throw new ResponderError(CUT_OFF, { cause: error });
    }
    if (!done) throw new ResponderError(CUT_OFF);
    yield { event: "done" };
  },
};

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    throw new ResponderError(UNREACHABLE, { cause: error });
  }
  if (!response.ok) throw new ResponderError(await refusal(response));
  return response;
}

async function refusal(response: Response): Promise<Failure> {
  const { detail, remedy } = problem(await json(response));
  const retryAfter = retryAfterSeconds(response);
  return {
    reason: "refused",
    problem: detail ?? `ElvisBot could not answer (error ${response.status}).`,
    remedy: remedy ?? "Try again.",
    ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
  };
}

function retryAfterSeconds(response: Response): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** The body as JSON, or undefined where there is none. */
async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
