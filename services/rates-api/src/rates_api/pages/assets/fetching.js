// Asks the service for this page, and exchanges what is otherwise. Browsers revalidate by ETag.
import { exchange } from "./exchange.js";

const LIMIT = 10_000; // milliseconds for an answer
let asking = new AbortController();
let question = null; // a person's, under way

// Returns "answered", "failed", or "superseded": a later question has come, and has the duty.
export async function fetchAnswer(address) {
  const mine = fetchPage(address);
  question = mine;
  try {
    return await mine;
  } finally {
    if (question === mine) question = null;
  }
}

// The same for what the address of the page asks; a person's question is answered first.
export async function refreshPage() {
  while (question) await question;
  return fetchPage(location.href);
}

async function fetchPage(address) {
  asking.abort();
  const mine = new AbortController();
  asking = mine;
  const html = await read(address, mine);
  if (asking !== mine) return "superseded";
  if (!html.includes('id="main"')) return "failed";
  exchange(html);
  return "answered";
}

// Returns nothing of what is no page, can't be reached or takes too long.
async function read(address, asked) {
  const limit = setTimeout(() => asked.abort(), LIMIT);
  try {
    const response = await fetch(address, { cache: "no-cache", signal: asked.signal });
    const isPage = response.headers.get("content-type")?.startsWith("text/html");
    return isPage ? await response.text() : "";
  } catch {
    return "";
  } finally {
    clearTimeout(limit);
  }
}
