/**
 * Reads, or takes what another command read just before, if nothing was written since.
 * @param what names the read: two with one name must read the same.
 */
export type SharedRead = <T>(what: string, read: () => Promise<T>) => Promise<T>;

/** For a process that answers one command at a time: there is nobody to share with. */
export const readAlone: SharedRead = (_what, read) => read();
