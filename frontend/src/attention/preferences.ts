import { useCallback, useEffect, useState } from "react";

/** What the visitor chose, kept in this browser. */
export interface Preferences {
  /** A sound for every bubble of the bot's. */
  readonly sound: boolean;
  /** A notification for every bubble that comes while the app is out of sight. */
  readonly notifications: boolean;
  /** The bots whose contact card was shown before the first message. */
  readonly greeted: readonly string[];
}

const KEY = "elvisbot.preferences";
const NONE: Preferences = { sound: false, notifications: false, greeted: [] };

/** The preferences, and the function that changes some of them. */
export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  const [preferences, setPreferences] = useState(stored);
  const change = useCallback((wanted: Partial<Preferences>) => {
    setPreferences((before) => ({ ...before, ...wanted }));
  }, []);
  useEffect(() => {
    keep(preferences);
  }, [preferences]);
  return [preferences, change];
}

function stored(): Preferences {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (typeof value !== "object" || value === null) return NONE;
    const found = { ...NONE, ...value };
    return Array.isArray(found.greeted) ? found : NONE;
  } catch {
    return NONE;
  }
}

function keep(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch (error) {
    console.warn("This browser keeps no preferences; a reload will forget them.", error);
  }
}
