import { startVitest } from "vitest/node";
import type { Edit } from "../simulation/planted-bugs/bug.ts";
import { edited } from "../simulation/planted-bugs/plant.ts";

/**
 * Runs one file of tests with edits made in the program: `node test/contract/tests-that-fail.ts FILE EDITS`, the edits
 * in JSON. Its last line is the list of what failed, in JSON.
 */
const [file = "", text = "[]"] = process.argv.slice(2);
const edits: Edit[] = JSON.parse(text);
const planted = new Set<Edit>();

const vitest = await startVitest(
  [file],
  // A cache would give the tests the program without the edits, or others one with them.
  { config: false, watch: false, reporters: [], fsModuleCache: false },
  {
    plugins: [
      {
        name: "planted bug",
        enforce: "pre",
        transform(code, id) {
          const here = edits.filter((edit) => id.endsWith(`/${edit.file}`));
          for (const edit of here) planted.add(edit);
          return here.length === 0 ? null : edited(id, code, here);
        },
      },
    ],
  },
);
const tests = vitest.state.getTestModules().flatMap((one) => [...one.children.allTests()]);
await vitest.close();
if (tests.length === 0) throw new Error(`${file} has no tests`);
const unused = edits.find((edit) => !planted.has(edit));
if (unused !== undefined) throw new Error(`${file} does not load ${unused.file}`);
console.log(
  JSON.stringify(tests.filter((one) => one.result().state === "failed").map(({ name }) => name)),
);
// Vitest has set 1 where a test failed, which is the answer here.
process.exitCode = 0;
