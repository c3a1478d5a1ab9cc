// Series or heat-map of one request name, kept up to date: fetched whole once, then with each tick only what is new.

import { useEffect, useRef, useState } from "acrida/lib/ui.js";
import { mergeHeatmap, mergeSeries } from "acrida/data/merge.js";
import { useData, useSource } from "acrida/data/source.js";

const MERGE = { series: mergeSeries, heatmap: mergeHeatmap };

/** Fetches what is missing; all of it if the intervals have become wider meanwhile. */
async function fetchPart(source, part, request, have) {
  const since = have && have.t.length > 0 ? have.t[have.t.length - 1] : undefined;
  const fresh = await source[part]({ request, since });
  if (!have || since === undefined) return fresh;
  if (fresh.width_s !== have.width_s) return source[part]({ request });
  return MERGE[part](have, fresh);
}

/**
 * @param {"series" | "heatmap"} part
 * @param {number | null} request Id; null for all requests, which the source keeps itself.
 * @returns {{value: object | null, error: string | null}} `value` is null until the first answer.
 */
export function useRequestPart(part, request) {
  const source = useSource();
  const whole = useData((state) => state[part]);
  const runId = useData((state) => state.run?.id ?? null);
  const key = request === null ? null : `${runId}/${request}`;
  const [own, setOwn] = useState({ key: null, value: null, error: null });
  const latest = useRef({ key: null, own });
  const isBusy = useRef(false);
  const [turn, setTurn] = useState(0);
  latest.current = { key, own };

  useEffect(() => {
    if (key === null || isBusy.current) return;
    isBusy.current = true;
    const have = latest.current.own.key === key ? latest.current.own.value : null;
    const show = (value, error) => latest.current.key === key && setOwn({ key, value, error });
    fetchPart(source, part, request, have)
      .then(
        (value) => show(value, null),
        (error) => show(have, error.message),
      )
      .finally(() => {
        isBusy.current = false;
        // Another request was chosen while this answer was on its way.
        if (latest.current.key !== key) setTurn((n) => n + 1);
      });
  }, [source, part, key, whole, turn]);

  if (key === null) return { value: whole, error: null };
  return own.key === key ? own : { value: null, error: null };
}
