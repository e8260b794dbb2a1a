import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** They change nothing that another test sees, so the files of a worker share what they load: half the CPU time. */
const SHARING = [
  "access",
  "api",
  "calls",
  "contract",
  "doctor",
  "functions",
  "huawei",
  "k5",
  "openstack",
  "pages",
  "progress",
  "unit",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Twice the cores: most tests wait for processes of their own, or for their answers.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      {
        test: {
          name: "sharing",
          setupFiles: "test/english.ts",
          include: SHARING,
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "offline",
          setupFiles: "test/english.ts",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...SHARING,
            "test/cloud/**",
            "test/aws/stack/**",
            "test/cli/on-aws.test.ts",
            "test/package/**",
            "test/browser/**",
          ],
          testTimeout: 30_000, // only what hangs is to fail by it, on a busy machine too
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "aws",
          setupFiles: "test/english.ts",
          include: ["test/aws/stack/**/*.test.ts", "test/cli/on-aws.test.ts"],
          globalSetup: "test/aws/stack/packaged.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          setupFiles: "test/english.ts",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "package",
          setupFiles: "test/english.ts",
          include: ["test/package/**/*.test.ts"],
          globalSetup: "test/package/packed.ts",
          testTimeout: 240_000, // a kill between a create and its answer is waited for
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "cloud",
          setupFiles: "test/english.ts",
          include: ["test/cloud/**/*.test.ts"],
          testTimeout: 1_200_000, // only what hangs is to fail by it
          hookTimeout: 600_000,
          fileParallelism: false,
          maxConcurrency: 10, // scenarios mostly wait for the cloud
        },
      },
    ],
  },
});
