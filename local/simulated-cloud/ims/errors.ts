import type { Answer } from "../answers.ts";

/** The words of IMS for the refusals that are simulated (API reference, "Error Codes"). */
const MESSAGES = {
  "IMG.0001": "The request message format is invalid.",
  "IMG.0002": "The image name contains more than 128 characters.",
  "IMG.0003": "The image name format is invalid.",
  "IMG.0005": "The ECS does not exist.",
  "IMG.0006": "The ECS system disk cannot be used to create an image.",
  "IMG.0008": "The ECS cannot be used to create images because it is not in stopped state.",
  "IMG.0009": "The image name already exists.",
  "IMG.0010": "The ECS cannot be used to create an image because it has in-progress tasks.",
  "IMG.0012": "The ECS ID is not specified.",
  "IMG.0013": "The image name is not specified.",
  "IMG.0014": "An exception occurred when IaaS OpenStack was executing the task.",
  "IMG.0015": "The number of private images has reached the maximum allowed.",
  "IMG.0120": "The specified data disk ID is unavailable.",
  "IMG.0022": "The disk in the current state cannot be used to create images.",
  "IMG.0140": "The disks in the request come from different ECSs.",
  "IMG.0136": "Failed to create a full-ECS image because the ECS is being backed up.",
  "IMG.0182": "Insufficient vault capacity. Please expand the capacity.",
  "IMG.0184": "Failed to obtain the vault.",
  "IMG.0188": "Vault is unavailable.",
  "IMG.0193": "The vault is not a cloud server backup vault.",
  "IMG.0068": "The specified bucket name is empty.",
  "IMG.0069": "The specified bucket cannot be accessed.",
  "IMG.0070": "The image file already exists.",
  "IMG.0071": "The image cannot be exported.",
  "IMG.0072": "The specified image format is not supported.",
  "IMG.0073": "The name of the exported file is empty.",
  "IMG.0075": "The file name contains invalid characters.",
  "IMG.0095": "The KMS key does not exist.",
  "IMG.0096": "The specified KMS key ID must be different from the image key ID.",
  "IMG.0130": "The full-ECS image cannot be exported or replicated.",
  "IMG.0144": "The image does not exist.",
  "IMG.0148": "The image is being exported.",
  "IMG.0060": "The system is busy. Please try again later.",
} as const;

export type ImsErrorCode = keyof typeof MESSAGES;

export function imsMessage(code: ImsErrorCode): string {
  return MESSAGES[code];
}

export function imsError(code: ImsErrorCode): Answer {
  return { status: 400, body: { error: { message: MESSAGES[code], code } } };
}
