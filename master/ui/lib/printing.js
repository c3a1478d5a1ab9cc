// What the page does about being printed.

import { useEffect } from "acrida/lib/ui.js";

/**
 * What a component changes for paper. When a person prints by the browser, the rendering that is asked for comes before the paper is
 * laid out, but no frame: what is drawn must be drawn at once.
 * @param {() => void} before The first one given counts, as with `after`; it may be called twice.
 * @param {() => void} after
 */
export function usePrinting(before, after) {
  useEffect(() => {
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
}

/** Prints the page. A script that calls `print` lets nothing render before the paper is laid out, so that comes first. */
export function printPage() {
  dispatchEvent(new Event("beforeprint"));
  setTimeout(() => {
    let isAllowed = false;
    addEventListener("beforeprint", () => (isAllowed = true), { once: true });
    print();
    // In a frame that may not print nothing happens.
    if (!isAllowed) dispatchEvent(new Event("afterprint"));
  });
}
