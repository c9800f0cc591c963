import { useEffect } from "react";

/**
 * Keeps the app as high as what the on-screen keyboard leaves visible.
 *
 * Safari on a phone ignores `interactive-widget`: its keyboard covers the lower half of the page,
 * and the page is pushed up to show the field.
 */
export function useVisibleHeight(): void {
  useEffect(() => {
    const visible = (window as Partial<Window>).visualViewport ?? undefined;
    if (visible === undefined) return;
    const fit = () => {
      // Who has zoomed in sees a part of the page, and its height is none of ours.
      if (visible.scale !== 1) return;
      document.documentElement.style.setProperty("--visible-height", `${visible.height}px`);
      window.scrollTo(0, 0);
    };
    visible.addEventListener("resize", fit);
    return () => {
      visible.removeEventListener("resize", fit);
      document.documentElement.style.removeProperty("--visible-height");
    };
  }, []);
}
