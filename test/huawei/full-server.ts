import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { DocumentedVault } from "./cbr-server.ts";
import { ImsInstallation } from "./ims-installation.ts";

/** Regild with a recipe for a whole server, and the vault for its backups. */
export class FullServer extends ImsInstallation {
  readonly vaultId = this.cloud.cbr.addVault();

  override recipe(is: Partial<Recipe> = {}): Recipe {
    return super.recipe({ capture: "full_server", vaultId: this.vaultId, ...is });
  }

  stopping(): Recipe {
    return this.recipe({ prepare: { ...this.recipe().prepare, stopServer: true } });
  }

  vault(is: Partial<DocumentedVault>): void {
    const vault = this.cloud.cbr.vaults.get(this.vaultId);
    if (vault !== undefined) Object.assign(vault, is);
  }

  get backups(): string[] {
    this.cloud.settle();
    return [...this.cloud.cbr.backups.keys()];
  }

  /** What was asked for to be deleted, in order. */
  get deletes(): string[] {
    return this.cloud.requests.filter((request) => request.startsWith("DELETE"));
  }
}
