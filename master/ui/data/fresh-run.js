// What was selected in one run means nothing in the next: request ids and seconds are others.

import { useEffect, useRef } from "acrida/lib/ui.js";
import { select } from "acrida/data/selection.js";
import { useData } from "acrida/data/source.js";

/** Gives up the request and the window when another run takes the place of the one shown, whoever started it. */
export function useFreshRun() {
  const id = useData((state) => state.run?.id ?? null);
  const seen = useRef(id);
  useEffect(() => {
    if (id === null || id === seen.current) return;
    if (seen.current !== null) select({ request: null, window: null });
    seen.current = id;
  }, [id]);
}
