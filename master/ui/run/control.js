// What changes a run: start, edit, stop, reset. The answers are states; the page shows what the stream tells, and takes the
// answer's state at once so that a button acts without a second's delay.

import { send } from "acrida/lib/api.js";

/** @param {import("acrida/data/source.js").Source} source */
async function act(source, path, body) {
  const answer = await send("POST", `/api/v1/${path}`, body);
  const status = answer?.status ?? answer;
  if (status?.plan_version !== undefined) source.state.set({ status });
  return status;
}

/** @throws {import("acrida/lib/api.js").ApiError} */
export const start = (source, body) => act(source, "start", body);
/** @throws {import("acrida/lib/api.js").ApiError} */
export const edit = (source, body) => act(source, "edit", body);
/** Asks for the end; the state says when it has come. @throws {import("acrida/lib/api.js").ApiError} */
export const stop = (source) => act(source, "stop", {});
/** @throws {import("acrida/lib/api.js").ApiError} */
export const reset = (source) => act(source, "reset", {});

/** Whether a run is on that can be edited or stopped. */
export const isOn = (status) => status?.state === "spawning" || status?.state === "running";
/** Whether a run is on in any way. */
export const isBusy = (status) => isOn(status) || status?.state === "stopping";
