import * as z from "zod/mini";
import { cloudsPlace } from "../../../shared/lambda/clouds-place.ts";
import { ofType, type Template } from "../template/compiled.ts";

const environmentSchema = z.object({
  Variables: z.object({ REGILD_CLOUDS: z.optional(z.string()) }),
});

/** Name of the parameter in which the functions of the template look for clouds.yaml. */
export function cloudsParameter(template: Template): string {
  const places = ofType(template, "AWS::Lambda::Function").flatMap(
    ([, { Properties }]) =>
      environmentSchema.parse(Properties["Environment"]).Variables.REGILD_CLOUDS ?? [],
  );
  const place = cloudsPlace(places[0] ?? "");
  if (place.service !== "ssm") throw new Error(`no ${place.service} is brought up here`);
  return place.name;
}
