// Preact, its hooks and htm in one place: what every component imports.

import { Component, Fragment, createContext, createPortal, createRef, h, render } from "acrida/vendor/preact.js";
import {
  useCallback,
  useContext,
  useEffect,
  useErrorBoundary,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "acrida/vendor/hooks.js";
import htm from "acrida/vendor/htm.js";

/** Template tag: html`<p class=${name}>${text}</p>`. Texts are escaped. */
export const html = htm.bind(h);

/**
 * Joins class names; what is falsy is left out.
 * @param {...(string|false|null|undefined)} names
 * @returns {string}
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}

export {
  Component,
  Fragment,
  createContext,
  createPortal,
  createRef,
  h,
  render,
  useCallback,
  useContext,
  useEffect,
  useErrorBoundary,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
};
