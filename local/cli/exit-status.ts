export const EXIT = {
  done: 0,
  /** Regild or its surroundings are broken: store, network, a port in use. */
  broken: 1,
  /** Wrong usage or recipes; nothing was started. */
  usage: 2,
  runFailed: 3,
  cancelled: 4,
  /** `--timeout` has passed. With a host the run goes on, without one it stands still. */
  goesOn: 5,
  /** By a rule: too late, ended already, nobody there to do it. */
  refused: 6,
  /** `doctor`, `status --check`. */
  checkFailed: 7,
  /** Ctrl-C. With a host the run goes on, without one it stands still. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `Exit status:
  0  done                               4  the run was cancelled
  1  Regild or its surroundings broken  5  --timeout has passed, or it waits for approval
  2  wrong usage or recipes             6  refused by a rule
  3  the run failed                     7  a check found something
  130  Ctrl-C. After 5 and 130 the run goes on if a host runs, and stands still if none does`;
