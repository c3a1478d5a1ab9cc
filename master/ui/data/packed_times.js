// Distributions of times as the master packs them: for each cell of its histogram that is not empty two LEB128 numbers,
// microseconds (its middle) less those of the cell before, and the count. Here they are unpacked, added up and asked for
// percentiles by the master's rule. No I/O, no page.

/**
 * Calls `f` for each cell, ascending.
 * @param {string|null|undefined} packed base64; nothing is an empty distribution
 * @param {(us: number, count: number) => void} f
 */
export function forEachCell(packed, f) {
  if (!packed) return;
  const bytes = atob(packed);
  let at = 0;
  // Not by bit operations: they would cut numbers to 32 bits.
  const number = () => {
    let [value, scale, byte] = [0, 1, 0];
    do {
      if (at >= bytes.length) throw new RangeError("packed times end in the middle of a number");
      byte = bytes.charCodeAt(at);
      at += 1;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    return value;
  };
  let us = 0;
  while (at < bytes.length) {
    us += number();
    f(us, number());
  }
}

/** A distribution that others are added to. Empty ones cost nothing. */
export class Times {
  #counts = new Map();
  #sorted = null;

  /** @param {string|null|undefined} packed base64 */
  add(packed) {
    forEachCell(packed, (us, count) => this.#count(us, count));
  }

  /** @param {Times} other */
  merge(other) {
    for (const [us, count] of other.#counts) this.#count(us, count);
  }

  #count(us, count) {
    this.#counts.set(us, (this.#counts.get(us) ?? 0) + count);
    this.#sorted = null;
  }

  /** Cells `[us, count]`, ascending. */
  cells() {
    this.#sorted ??= [...this.#counts].sort(([a], [b]) => a - b);
    return this.#sorted;
  }

  /** Number of times. */
  get size() {
    let all = 0;
    for (const count of this.#counts.values()) all += count;
    return all;
  }

  /**
   * What remains when `part`, cells of this distribution, is taken away.
   * @param {Times} part
   */
  without(part) {
    const rest = new Times();
    for (const [us, count] of this.#counts) {
      const left = count - (part.#counts.get(us) ?? 0);
      if (left > 0) rest.#count(us, left);
    }
    return rest;
  }

  /**
   * The times at 0-based rank `min(floor(n * p), n - 1)`, in milliseconds; null where there is none.
   * @param {number[]} fractions 0 to 1, ascending or not
   * @returns {(number|null)[]}
   */
  percentiles(fractions) {
    const all = this.size;
    if (all === 0) return fractions.map(() => null);
    const cells = this.cells();
    const found = new Array(fractions.length).fill(null);
    const byRank = fractions
      .map((p, place) => [Math.min(Math.floor(all * Math.min(Math.max(p, 0), 1)), all - 1), place])
      .sort(([a], [b]) => a - b);
    let [seen, cell] = [0, -1];
    for (const [rank, place] of byRank) {
      while (seen <= rank) {
        cell += 1;
        seen += cells[cell][1];
      }
      found[place] = cells[cell][0] / 1000;
    }
    return found;
  }
}
