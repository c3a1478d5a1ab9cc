// One connection to the event stream: opens, notices silence, opens again. Runs in the page or in the shared worker, so it
// imports nothing.

/** Silence after which the connection counts as lost; the master says something each second. */
const SILENCE_MS = 6000;
/** Waits before the next try: the first, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * @param {string} url
 * @param {(message: {event: "hello"|"tick", data: string} | {event: "open"} | {event: "lost", since_ms: number}) => void} tell
 * @returns {{reopen: () => void, close: () => void}} `reopen` brings a `hello`
 */
export function createFeed(url, tell) {
  let source = null;
  let wait_ms = FIRST_WAIT_MS;
  let timer = null;
  let heard_ms = Date.now();
  let lostSince_ms = null;

  const heard = () => {
    heard_ms = Date.now();
    wait_ms = FIRST_WAIT_MS;
    if (lostSince_ms === null) return;
    lostSince_ms = null;
    tell({ event: "open" });
  };
  const lost = () => {
    lostSince_ms ??= heard_ms;
    tell({ event: "lost", since_ms: lostSince_ms });
  };
  const open = () => {
    clearTimeout(timer);
    source?.close();
    const mine = new EventSource(url);
    source = mine;
    for (const event of ["hello", "tick"]) {
      mine.addEventListener(event, (message) => {
        if (mine !== source) return;
        heard();
        tell({ event, data: message.data });
      });
    }
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      lost();
      // After a broken connection the browser tries by itself and says what it has seen; after a refusal it does not.
      if (mine.readyState === EventSource.CLOSED) again();
    });
  };
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(open, wait_ms);
    wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
  };
  const watch = setInterval(() => {
    if (Date.now() - heard_ms < SILENCE_MS || source?.readyState !== EventSource.OPEN) return;
    lost();
    open();
  }, SILENCE_MS / 3);

  open();
  return {
    reopen: open,
    close() {
      clearTimeout(timer);
      clearInterval(watch);
      source?.close();
      source = null;
    },
  };
}
