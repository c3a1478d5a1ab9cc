// Something that is fetched now, and again while it is shown.

import { useEffect, useRef, useState } from "acrida/lib/ui.js";

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} fetchIt
 * @param {number|null} every_ms null: once
 * @param {any[]} keys fetched anew when one changes
 * @returns {{value: T|null, error: Error|null}} the last value stays while a later fetch fails
 */
export function usePolled(fetchIt, every_ms, keys) {
  const [found, setFound] = useState({ value: null, error: null });
  const ask = useRef(fetchIt);
  ask.current = fetchIt;
  useEffect(() => {
    const leaving = new AbortController();
    let timer = null;
    const look = async () => {
      try {
        const value = await ask.current(leaving.signal);
        if (!leaving.signal.aborted) setFound({ value, error: null });
      } catch (error) {
        if (!leaving.signal.aborted) setFound((before) => ({ ...before, error }));
      }
      if (every_ms !== null && !leaving.signal.aborted) timer = setTimeout(look, every_ms);
    };
    look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [every_ms, ...keys]);
  return found;
}
