/**
 * Reads, or takes what another command read just before, if nothing was written since.
 * @param what names the read: two with one name must read the same.
 */
export type SharedRead = <T>(what: string, read: () => Promise<T>) => Promise<T>;

/** Where one process answers one command at a time, nobody could share. */
export const readAlone: SharedRead = (_what, read) => read();
