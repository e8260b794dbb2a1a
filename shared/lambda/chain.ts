/**
 * middy would reject shortly before the function's time is up, and leave the work going on behind its back. Every call a
 * function makes has a time-out of its own, and a record is only ever written whole: being stopped does no harm.
 */
export const chain = { timeoutEarlyInMillis: 0 };
