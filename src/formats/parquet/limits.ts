/*
 * What a page may be at most. Writers close pages near 1 MB; one of a single large value may be more, and a row may have 32 MB. What
 * claims more than this is refused before memory is given to it.
 */

/** Of a page, as it is stored and as it is read. */
export const MAX_PAGE_BYTES = 64 << 20;

/** Values and nulls of one page: runs make millions of a few bytes. */
export const MAX_PAGE_SLOTS = 1 << 23;

/** Values and nulls of one column that pages are held for at once, for a few hundred rows of one row group. */
export const MAX_HELD_SLOTS = 1 << 25;

/** Values and nulls of one column in one row, when it is written: with it, no page or row group of ours reaches the limits above. */
export const MAX_ROW_SLOTS = 1 << 22;
