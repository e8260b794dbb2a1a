import { forge } from "./forge.ts";

/** node test/chat/forge-many.ts [how many] [seed] */
const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const { accepted, tried } = forge(count, seed);
console.log(`${tried} forged requests, seed ${seed}: ${accepted.length} accepted`);
for (const each of accepted.slice(0, 10)) console.log(each);
process.exitCode = accepted.length === 0 ? 0 : 1;
