import { useEffect, useRef, type RefObject } from "react";

/** For a `<dialog>` that is open as long as it is drawn. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    // A modal <dialog> brings the focus trap, Escape and the return of the focus.
    dialog.current?.showModal();
  }, []);
  return dialog;
}
