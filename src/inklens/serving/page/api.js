// Asks the server. A problem document (RFC 9457) becomes an Error whose message is its detail.
import { TEXT } from "./text.js";

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function ask(path, { method = "GET", body, json, signal, query = {} } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (body instanceof Blob) headers["Content-Type"] = body.type || "application/octet-stream";
  if (method !== "GET") headers["X-Inklens"] = "page";
  let answer;
  try {
    answer = await fetch(path + search, { method, body: json === undefined ? body : JSON.stringify(json), headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, TEXT.errors.gone);
  }
  if (!answer.ok) throw new Problem(answer.status, await detailOf(answer));
  return answer.status === 204 ? null : answer.json();
}

async function detailOf(answer) {
  try {
    return (await answer.json()).detail || answer.statusText;
  } catch {
    return answer.statusText;
  }
}

// Of calls that come fast only the newest waits; `done` gets the answers in their order.
export class Latest {
  constructor(work, done, failed) {
    Object.assign(this, { work, done, failed, running: false, next: null });
  }

  async call(...given) {
    this.next = given;
    if (this.running) return;
    this.running = true;
    while (this.next) {
      const now = this.next;
      this.next = null;
      try {
        const answer = await this.work(...now);
        if (!this.next || answer) this.done(answer, ...now);
      } catch (error) {
        if (!this.next) this.failed(error);
      }
    }
    this.running = false;
  }
}
