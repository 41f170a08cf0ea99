// Asks the service for this page, and exchanges what is otherwise. Browsers revalidate by ETag.
import { exchange } from "./exchange.js";

let asking = new AbortController();

// Returns whether an answer came; a later question replaces an earlier one.
export async function fetchPage(address = location.href) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const limit = setTimeout(() => asking.signal === signal && asking.abort(), 10_000);
  try {
    const response = await fetch(address, { cache: "no-cache", signal });
    if (!response.headers.get("content-type")?.startsWith("text/html")) return false;
    const html = await response.text();
    if (!html.includes('id="main"')) return false;
    exchange(html);
    return true;
  } catch {
    return signal.aborted && asking.signal !== signal;
  } finally {
    clearTimeout(limit);
  }
}
