import type { CloudDefault } from "../../shared/recipe/load.ts";
import type { Output } from "./output.ts";

import type { Places } from "./places.ts";
import type { Remote } from "./remote/remote.ts";
import type { Storage } from "./storage.ts";

/** What every command works with. */
export interface App {
  output: Output;
  storage: Storage;
  /** A host elsewhere that the command is to ask. Null: it works on `storage`. */
  remote: Remote | null;
  /** Where each file is, and who says so. */
  places: Places;
  recipesFile: string;
  configFile: string;
  /** Of recipes that name no cloud: OS_CLOUD, or the only entry of clouds.yaml. None on AWS. */
  cloudDefault: CloudDefault;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** The user's home directory, where clouds.yaml may be. */
  home: string;
  userName: string;
  now: () => number;
}
