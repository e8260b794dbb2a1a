/** Every JSON document says so; within v1 fields are only added. Null, never missing. */
export const SCHEMA = "regild/v1";
