// A small store with batching: many changes in a moment make one render, and a hidden page renders nothing.

import { useEffect, useRef, useState } from "acrida/lib/ui.js";

/**
 * @template T
 * @typedef {object} Store
 * @property {() => T} get present value; never changed in place
 * @property {(change: Partial<T>) => void} set merges fields and tells subscribers if one differs
 * @property {(fn: (value: T) => void) => () => void} subscribe called at most once a frame; returns the way to end it
 * @property {(fn: (value: T) => void) => () => void} subscribeNow called at each change, also while the page is hidden
 */

/**
 * @template T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function createStore(initial) {
  let value = initial;
  let isAsked = false;
  const slow = new Set();
  const fast = new Set();
  const tell = () => {
    isAsked = false;
    for (const fn of [...slow]) fn(value);
  };
  return {
    get: () => value,
    set(change) {
      if (Object.keys(change).every((key) => Object.is(change[key], value[key]))) return;
      value = { ...value, ...change };
      for (const fn of [...fast]) fn(value);
      if (!isAsked && slow.size > 0) {
        isAsked = true;
        requestAnimationFrame(tell);
      }
    },
    subscribe(fn) {
      slow.add(fn);
      return () => slow.delete(fn);
    },
    subscribeNow(fn) {
      fast.add(fn);
      return () => fast.delete(fn);
    },
  };
}

/**
 * A part of a store; the component renders again only if the part has changed.
 * @template T, S
 * @param {Store<T>} store
 * @param {(value: T) => S} select returns a value of the store as it is, or a plain figure: no fresh object
 * @returns {S}
 */
export function useSlice(store, select) {
  const [, again] = useState(0);
  const held = useRef();
  held.current = { select, part: select(store.get()) };
  useEffect(() => {
    const look = () => {
      const { select: pick, part } = held.current;
      if (!Object.is(pick(store.get()), part)) again((n) => n + 1);
    };
    look(); // what came between the render and now
    return store.subscribe(look);
  }, [store]);
  return held.current.part;
}
