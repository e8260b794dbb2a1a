export const FORMATS = ["table", "json", "jsonl", "value", "csv"] as const;
export type Format = (typeof FORMATS)[number];
