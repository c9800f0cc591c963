/** The rows of a conversation that are drawn: from `first` up to but not including `end`. */
export interface Stretch {
  readonly first: number;
  /** Infinity where the stretch goes on as the conversation does. */
  readonly end: number;
}

/** So many rows come at a time. */
export const PAGE = 100;
/** So many are drawn at most, but for those that arrive while the visitor reads the latest. */
export const MOST = 400;

/** The last page of a conversation of `total` rows. */
export function latest(total: number): Stretch {
  return { first: Math.max(0, total - PAGE), end: Infinity };
}

/** One page more at the beginning, and at the end as many less as are too many. */
export function earlier(stretch: Stretch, total: number): Stretch {
  const first = Math.max(0, stretch.first - PAGE);
  const tooMany = Math.min(stretch.end, total) - first > MOST;
  return { first, end: tooMany ? first + MOST : stretch.end };
}

/** One page more at the end, and at the beginning as many less as are too many. */
export function later(stretch: Stretch, total: number): Stretch {
  const end = stretch.end + PAGE;
  return end < total
    ? { first: Math.max(stretch.first, end - MOST), end }
    : { first: Math.max(stretch.first, total - MOST), end: Infinity };
}
