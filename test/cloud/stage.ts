import { openRegild, type Regild } from "./regild.ts";
import { type Operator, operator } from "./operator.ts";
import { signIn, type TestCloud } from "./sign-in.ts";
import { type Inventory, inventory, removeAll } from "./support.ts";
import { UploadTurns } from "./upload-turns.ts";

/** What all scenarios share. */
export interface Stage {
  /** Null: not the lab, and scenarios that need its operator are left out. */
  operator: Operator | null;
  uploads: UploadTurns;
  scene(name: string, cloudName?: string): Promise<Scene>;
}

/** One scenario's own corner of the project: whatever it makes has `name` in its name, and is removed with it. */
export interface Scene extends AsyncDisposable {
  /** Of its recipe, too. */
  name: string;
  /** The entry in clouds.yaml. */
  cloudName: string;
  cloud: TestCloud;
  inventory(): Promise<Inventory>;
  /** One recipe under this name: two images kept, retired ones deleted at once, and what `fields` says. */
  recipes(fields: object): Record<string, object>;
  /** A host with that recipe. */
  regild(fields: object): Promise<Regild>;
}

export function openStage(): Stage {
  const run = Date.now().toString(36).slice(-5);
  const lab = operator();
  return {
    operator: lab,
    uploads: new UploadTurns(lab),
    scene: (name, cloudName = process.env["OS_CLOUD"] ?? "lab") =>
      openScene(`e2e-${run}-${name}`, cloudName),
  };
}

/** Of the scenes that are open. */
const names = new Set<string>();

/** A scene removes whatever has its name in its own name: no other one may be named like it. */
function takeName(name: string): void {
  const other = [...names].find((taken) => taken.includes(name) || name.includes(taken));
  if (other !== undefined)
    throw new Error(`the scenes ${other} and ${name} would remove each other's things`);
  names.add(name);
}

async function openScene(name: string, cloudName: string): Promise<Scene> {
  takeName(name);
  const cloud = await signIn(cloudName);
  const opened: Regild[] = [];
  const recipes = (fields: object) => ({
    [name]: { cloud: cloudName, keep: 2, cooling_off: "0s", ...fields },
  });
  return {
    name,
    cloudName,
    cloud,
    inventory: () => inventory(cloud, name),
    recipes,
    regild: async (fields) => {
      const regild = await openRegild(recipes(fields));
      opened.push(regild);
      return regild;
    },
    [Symbol.asyncDispose]: async () => {
      for (const regild of opened) await regild.close();
      await removeAll(cloud, name);
      names.delete(name);
    },
  };
}
