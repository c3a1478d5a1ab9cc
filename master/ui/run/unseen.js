// Warnings of the logs that came since the logs were last looked at.

import { useEffect, useRef } from "acrida/lib/ui.js";
import { useData } from "acrida/data/source.js";

/**
 * @param {boolean} isLooking the logs are on the page now
 * @returns {number}
 */
export function useUnseenWarnings(isLooking) {
  const all = useData((state) => state.status?.log_warnings ?? 0);
  const seen = useRef(0);
  useEffect(() => {
    if (isLooking) seen.current = all;
  }, [isLooking, all]);
  if (all < seen.current) seen.current = 0;
  return isLooking ? 0 : all - seen.current;
}
