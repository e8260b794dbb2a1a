/**
 * A plain scalar as PyYAML's safe loader resolves it (yaml/resolver.py, constructor.py): YAML 1.1, with floats that need a
 * point, so an id like 12e34 is text. Numbers become text as Python writes them, as openstacksdk does (`normalize_keys`).
 */
export type PythonScalar =
  | { kind: "text"; text: string }
  | { kind: "number"; text: string }
  | { kind: "boolean"; value: boolean }
  | { kind: "time" }
  | { kind: "null" };

const BOOLEAN =
  /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME =
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/;

export function resolvePlain(source: string): PythonScalar {
  if (NULL.test(source)) return { kind: "null" };
  const boolean = BOOLEAN.exec(source);
  if (boolean !== null) return { kind: "boolean", value: boolean[1] !== undefined };
  if (INTEGER.test(source)) return { kind: "number", text: String(integer(source)) };
  if (FLOAT.test(source)) return { kind: "number", text: pythonFloat(float(source)) };
  // A date alone is written back as it was.
  if (DATE.test(source)) return { kind: "text", text: source };
  return TIME.test(source) ? { kind: "time" } : { kind: "text", text: source };
}

function integer(source: string): bigint {
  const text = source.replaceAll("_", "");
  const sign = text.startsWith("-") ? -1n : 1n;
  const digits = text.replace(/^[-+]/, "");
  if (digits.includes(":")) return sign * sexagesimal(digits.split(":").map(BigInt));
  if (/^0[bx]/.test(digits)) return sign * BigInt(digits);
  return sign * BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

function sexagesimal(parts: bigint[]): bigint {
  return parts.reduce((sum, part) => sum * 60n + part, 0n);
}

function float(source: string): number {
  const text = source.replaceAll("_", "").toLowerCase();
  if (text.endsWith(".inf")) return text.startsWith("-") ? -Infinity : Infinity;
  if (text === ".nan") return Number.NaN;
  if (!text.includes(":")) return Number(text);
  const sign = text.startsWith("-") ? -1 : 1;
  const parts = text.replace(/^[-+]/, "").split(":").map(Number);
  return sign * parts.reduce((sum, part) => sum * 60 + part, 0);
}

/** `str()` of a Python float: a point or an exponent always, from 1e16 and below 1e-4 with an exponent of two digits. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    return `${digits}e${exponent.replace(/^([-+])(\d)$/, "$10$2")}`;
  }
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
