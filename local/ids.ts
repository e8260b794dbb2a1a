export { randomIds } from "../shared/lambda/ids.ts";
