import { useEffect, useState } from "react";

/** Counts the times that fonts came late: whatever was measured before was in another one. */
export function useFonts(): number {
  const [loads, setLoads] = useState(0);
  useEffect(() => {
    const fonts = (document as Partial<Document>).fonts;
    const loaded = () => {
      setLoads((count) => count + 1);
    };
    fonts?.addEventListener("loadingdone", loaded);
    return () => {
      fonts?.removeEventListener("loadingdone", loaded);
    };
  }, []);
  return loads;
}
