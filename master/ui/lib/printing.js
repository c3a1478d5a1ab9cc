// What the page does about being printed. Both functions run before the browser lays out the paper, and so does the rendering they
// ask for, but no frame: what is drawn must be drawn at once.

import { useEffect } from "acrida/lib/ui.js";

/**
 * @param {() => void} before The first one given counts, as with `after`.
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
