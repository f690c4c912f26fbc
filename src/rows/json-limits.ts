/** Deeper values are refused, in both directions: recursion must end before the stack does, and Python's readers stop near 1,000. */
export const MAX_JSON_DEPTH = 500;

/** What Python makes of an integer text by default (`sys.set_int_max_str_digits`); also bounds the time to parse a hostile one. */
export const MAX_INTEGER_DIGITS = 4300;
