// Writes the address of this very service into the examples, in place of the placeholder.
const PLACEHOLDER = "https://api.example";

for (const code of document.querySelectorAll("pre code, td code")) {
  for (const node of code.childNodes) {
    if (node.nodeType === Node.TEXT_NODE && node.data.includes(PLACEHOLDER)) {
      node.data = node.data.replaceAll(PLACEHOLDER, location.origin);
    }
  }
}
