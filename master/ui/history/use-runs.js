// The list of runs as the master tells it: fetched for a search, a tag and a page; again after changes, and now and then, as
// other masters may write to the same file.

import { useCallback, useEffect, useRef, useState } from "acrida/lib/ui.js";
import { get } from "acrida/lib/api.js";

/** Runs of one page. */
export const PAGE = 50;
const TYPING_MS = 250;
const AGAIN_MS = 10_000;

const NOTHING = { runs: [], total: 0, history_off: null };

/**
 * @param {{search: string, tag: string, page: number}} asked
 * @param {string} moment changes when the list is to be fetched again, e.g. as a run has ended
 * @returns {{list: object, isLoading: boolean, error: Error|null, reload: () => Promise<void>}} the last list that came
 */
export function useRuns(asked, moment) {
  const [state, setState] = useState({ list: NOTHING, isLoading: true, error: null });
  const last = useRef(null);
  const { search, tag, page } = asked;
  const reload = useCallback(async () => {
    last.current?.abort();
    const leaving = new AbortController();
    last.current = leaving;
    try {
      const list = await get("/api/v1/runs", { search, tag, limit: PAGE, offset: page * PAGE }, leaving.signal);
      setState({ list, isLoading: false, error: null });
    } catch (error) {
      if (error.name !== "AbortError") setState((before) => ({ ...before, isLoading: false, error }));
    }
  }, [search, tag, page]);
  useEffect(() => {
    const typing = setTimeout(reload, last.current ? TYPING_MS : 0);
    const again = setInterval(() => document.hidden || reload(), AGAIN_MS);
    return () => {
      clearTimeout(typing);
      clearInterval(again);
      last.current?.abort();
    };
  }, [reload, moment]);
  return { ...state, reload };
}
