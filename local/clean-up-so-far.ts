/**
 * The end of a refusal: what becomes of the plan's deletes.
 * @param begun recipes whose deletes have begun: hosts go on with them, also if the rest of the plan is refused.
 */
export function soFar(begun: readonly string[]): string {
  if (begun.length === 0) return "Nothing was deleted";
  return `No more is deleted by this plan. Its deletes of ${begun.join(", ")} have begun: a host goes on with them`;
}
