// Figures of the whole run, or of the window to which the charts are zoomed: never a mixture. What is returned says itself which of
// the two it is, so that a table can name its span even while the figures of another are on their way.

import { useEffect, useRef, useState } from "acrida/lib/ui.js";
import { useSelection } from "acrida/data/selection.js";
import { useData, useSource } from "acrida/data/source.js";

const NOTHING = { key: null, value: null, window: null, error: null, end: 0 };

/**
 * @param {"statistics" | "failures"} part
 * @returns {{value: object | null, window: {from_s: number, to_s: number} | null, isLoading: boolean, error: string | null}}
 *   `window` is that of `value`, null for the whole run.
 */
export function useWindowed(part) {
  const source = useSource();
  const window = useSelection((now) => now.window);
  const whole = useData((state) => state[part]);
  const runId = useData((state) => state.run?.id ?? null);
  const end = useData((state) => state.series?.to_s ?? 0);
  const countsFrom = useData((state) => state.statistics?.from_s ?? 0);
  const key = window && `${runId}/${countsFrom}/${window.from_s}-${window.to_s}`;
  const [own, setOwn] = useState(NOTHING);
  const [turn, setTurn] = useState(0);
  const latest = useRef(null);
  const isBusy = useRef(false);
  latest.current = { key, own };

  // A window that reaches beyond what has been recorded still grows.
  const isSettled = own.key === key && !own.error && own.end >= (window?.to_s ?? 0);
  useEffect(() => {
    if (key === null || isBusy.current || isSettled) return;
    isBusy.current = true;
    const show = (value, error) => latest.current.key === key && setOwn({ key, value, window, error, end });
    source[part]({ from: window.from_s, to: window.to_s })
      .then(
        (value) => show(value, null),
        (error) => show(latest.current.own.key === key ? latest.current.own.value : null, error.message),
      )
      .finally(() => {
        isBusy.current = false;
        if (latest.current.key !== key) setTurn((n) => n + 1);
      });
  }, [source, part, key, isSettled, end, turn]);

  if (key === null) return { value: whole, window: null, isLoading: false, error: null };
  if (own.key === key) return { value: own.value, window, isLoading: false, error: own.error };
  const isOfSameRun = own.key?.startsWith(`${runId}/${countsFrom}/`);
  return { value: isOfSameRun ? own.value : whole, window: isOfSameRun ? own.window : null, isLoading: true, error: null };
}
