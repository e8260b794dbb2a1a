import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "offline",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cloud/**"],
        },
      },
      {
        test: {
          name: "cloud",
          include: ["test/cloud/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxConcurrency: 10, // scenarios mostly wait for the cloud
        },
      },
    ],
  },
});
