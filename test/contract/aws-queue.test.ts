import { openSqs } from "../aws/sqs.ts";
import { describeQueue } from "./queue.contract.ts";

describeQueue("the queue in SQS", openSqs);
