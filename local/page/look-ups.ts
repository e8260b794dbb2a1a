import { html, type Html } from "./html.ts";

/** How other tools find the current image, as docs/using-images.md explains. */
const WAYS: Array<{ tool: string; lines: (tag: string) => string[] }> = [
  { tool: "openstack", lines: (tag) => [openstack(tag)] },
  {
    tool: "Terraform, OpenTofu",
    lines: (tag) => [
      'data "openstack_images_image_v2" "golden" {',
      `  tag         = "${tag}"`,
      "  most_recent = true",
      "}",
    ],
  },
  {
    tool: "Packer",
    lines: (tag) => [
      "source_image_filter {",
      `  filters { tags = ["${tag}"] }`,
      "  most_recent = true",
      "}",
    ],
  },
  {
    tool: "Heat",
    lines: (tag) => [
      "openstack stack update STACK -t STACK.yaml --existing \\",
      `  --parameter image="$(${openstack(tag)})"`,
    ],
  },
];

function openstack(tag: string): string {
  return `openstack image list --tag ${tag} --sort created_at:desc --limit 1 -f value -c ID`;
}

export function lookUps(recipe: string): Html {
  const tag = `regild-current-${recipe}`;
  return html`<section aria-labelledby="look-ups-title">
    <h2 id="look-ups-title">Find the current image from other tools</h2>
    <div class="ways">
      ${WAYS.map(({ tool, lines }, index) => {
        const text = lines(tag);
        return html`<details ${index === 0 && "open"}>
          <summary>${tool}</summary>
          <pre tabindex="0" role="region" aria-label="${tool}"><code>${text.map(
            (line) => html`${line} `,
          )}</code></pre>
        </details>`;
      })}
    </div>
  </section>`;
}
