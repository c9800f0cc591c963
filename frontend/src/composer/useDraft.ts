import { useEffect, useState } from "react";

const KEY = "elvisbot.draft";

/** What is being written; it survives a reload of this tab. */
export function useDraft(): [string, (draft: string) => void] {
  const [draft, setDraft] = useState(stored);
  useEffect(() => {
    try {
      sessionStorage.setItem(KEY, draft);
    } catch {
      // Some private windows keep nothing; then a reload loses the draft.
    }
  }, [draft]);
  return [draft, setDraft];
}

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
