/** Takes user and password out of every URL, also of one that is escaped for JSON. */
export function maskedUrls(text: string): string {
  return text.replaceAll(/(:\\?\/\\?\/)[^\s/?#"'<>]*@/g, "$1…@");
}
