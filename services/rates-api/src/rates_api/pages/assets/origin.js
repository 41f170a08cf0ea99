// Writes the address of this very service into the examples, in place of the placeholder.
const PLACEHOLDER = "https://api.example";

export const withOrigin = (text) => text.replaceAll(PLACEHOLDER, location.origin);

export function writeOrigin() {
  for (const code of document.querySelectorAll("code")) {
    for (const node of code.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.includes(PLACEHOLDER)) {
        node.data = withOrigin(node.data);
      }
    }
  }
}

writeOrigin();
