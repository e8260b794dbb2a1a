import { describeCloud } from "./cloud.contract.ts";
import { simulatedTarget } from "./simulated-target.ts";

describeCloud("the simulated cloud", simulatedTarget());
