import { useCallback, useEffect, useState } from "react";

const LOCK = "elvisbot";

/**
 * Whether this tab is the one that holds the conversation; undefined until that is known.
 *
 * Two tabs would both send an unanswered burst and overwrite each other's messages. The newest tab
 * takes over, and gives back when it is closed.
 */
export function useSoleTab(): [boolean | undefined, () => void] {
  const [sole, setSole] = useState<boolean>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    void hold(leaving.signal, setSole);
    return () => {
      leaving.abort();
    };
  }, [turn]);
  const takeOver = useCallback(() => {
    setTurn((count) => count + 1);
  }, []);
  return [sole, takeOver];
}

async function hold(leaving: AbortSignal, onChange: (sole: boolean) => void): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks === undefined) {
    announce(leaving, onChange);
    return;
  }
  const held = () => {
    onChange(true);
    return aborted(leaving);
  };
  let options: LockOptions = { steal: true };
  for (;;) {
    try {
      await locks.request(LOCK, options, held);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    }
    if (leaving.aborted) return;
    onChange(false);
    options = { signal: leaving };
  }
}

/** Over plain http:// from another computer there are no locks: the newest tab says that it is. */
function announce(leaving: AbortSignal, onChange: (sole: boolean) => void): void {
  const channel = new BroadcastChannel(LOCK);
  channel.onmessage = () => {
    onChange(false);
  };
  channel.postMessage("here");
  leaving.addEventListener("abort", () => {
    channel.close();
  });
  onChange(true);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
