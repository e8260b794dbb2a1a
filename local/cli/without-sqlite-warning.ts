/**
 * Node 22 and 24 warn that node:sqlite is experimental when it is first loaded. The user can do nothing about that, so
 * this one warning is left out; every other one is printed.
 */
const emitWarning = process.emitWarning.bind(process);

process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
  const text = typeof warning === "string" ? warning : warning.message;
  if (rest[0] === "ExperimentalWarning" && text.startsWith("SQLite")) return;
  Reflect.apply(emitWarning, process, [warning, ...rest]);
};
