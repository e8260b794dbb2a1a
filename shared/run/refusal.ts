import type { RefusalCode } from "../openstack/errors.ts";

const REMEDIES: Record<RefusalCode, string> = {
  "sign-in-failed":
    "Check the user, password or application credential, project and domains of this cloud in clouds.yaml, then: regild doctor",
  "token-refused":
    "The reason names the setting or rule to change; most often only the cloud's operator can. Then: regild doctor",
  forbidden:
    "Ask the cloud's operator for that permission, or give the credentials a role that has it. regild doctor --act shows which rights these credentials lack",
  "quota-exceeded":
    "Delete what is not needed (regild images lists what Regild keeps), lower keep, or ask the cloud's operator for more quota",
  "not-found":
    "Check that it was not deleted, and that the recipe names the right cloud and region",
  busy: "Wait until the other task is over, then refresh again",
  conflict:
    "Bring the source into a state the cloud takes an image of (ACTIVE or SHUTOFF, unlocked), then refresh again",
  "name-taken": "Delete or rename the image that has this name, then refresh again",
  "server-runs":
    "This cloud takes such an image only of a stopped server. Write prepare: { stop_server: true }, then refresh again",
  "vault-full":
    "Make the vault larger, let CBR expand it by itself, or delete backups in it that nobody needs. Then refresh again",
  "vault-unfit":
    "Write the id of another server backup vault into vault_id. If the server is in another vault, write the id of that vault. Then refresh again",
  "key-unfit":
    "Write the id of an enabled key of this region into cmk_id, which these credentials may use, and another one than the source's own key. Then refresh again",
  "not-exportable":
    "IMS exports no image that comes from a public image of Windows, SUSE, Red Hat or Oracle Linux, or from a paid one, and images of more than 128 GB only with format: zvhd2. Change export: of the recipe, or take it out",
  "bucket-unfit":
    "Write a bucket of storage class Standard into export:, in the region of the image. These credentials need Tenant Administrator rights in OBS",
  "file-exists":
    "Look into the bucket. If the file is not the image, delete it, then refresh again",
  "id-taken": "Refresh again",
  protected: "Lift the protection if the image may go: openstack image set --unprotected ID",
  "in-use": "It is deleted once nothing uses it any more",
  "force-refused":
    "The volume is attached, and this cloud takes no image of an attached volume. Set capture: snapshot, or detach it first",
  "invalid-request":
    "Give the request id to the cloud's operator; if the message names a field of yours, change it in the recipe",
  "not-offered": "Check region_name and interface in clouds.yaml, then: regild doctor",
  configuration: "Fix clouds.yaml, then: regild doctor",
};

/** What a person can do about a cloud's refusal. */
export function remedyFor(code: RefusalCode): string {
  return REMEDIES[code];
}
