/** Commands that read the data file and do no work. local/bin/regild.cjs names them too, because no module is loaded there. */
export const READING_COMMANDS = ["status", "runs", "images", "history", "schedule"];
