// Writes the address of this very service into the examples, in place of the placeholder.
const PLACEHOLDER = "https://api.example";
// Prose that explains the placeholder keeps it.
const EXAMPLES = "pre code, td code, .snippet code";

export const withOrigin = (text) => text.replaceAll(PLACEHOLDER, location.origin);

export function writeOrigin() {
  for (const code of document.querySelectorAll(EXAMPLES)) {
    for (const node of code.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.includes(PLACEHOLDER)) {
        node.data = withOrigin(node.data);
      }
    }
  }
}

writeOrigin();
