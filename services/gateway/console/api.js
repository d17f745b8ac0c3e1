// Calls to the HTTP API of the gateway that served this page, and its two streams.

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `The server answered ${status}.`);
    this.status = status;
    this.type = body?.type;
    this.errors = body?.errors || [];
  }
}

async function call(method, path, body, headers = {}) {
  const options = { method, headers: { Accept: "application/json", ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Problem(0, { detail: "The server can't be reached. Is Boss Workflow running?" });
  }
  const text = await response.text();
  let decoded = null;
  try {
    decoded = text ? JSON.parse(text) : null;
  } catch {
    // An answer of something in between, such as a proxy: the status alone counts.
  }
  if (!response.ok) throw new Problem(response.status, decoded);
  return decoded;
}

const OPEN = "pending,in_progress,blocked,on_hold,in_review,needs_revision";

export const api = {
  signIn: (token) =>
    call("POST", "/api/sessions", { token, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  signOut: () => call("DELETE", "/api/sessions/current"),
  me: () => call("GET", "/api/me"),
  rename: (person, name, etag) =>
    call("PATCH", `/api/people/${person}`, { name }, etag ? { "If-Match": etag } : { "If-Match": "*" }),
  openTasks: () => call("GET", `/api/tasks?status=${OPEN}&sort=deadline&per_page=100`),
  command: (task, verb) => call("POST", `/api/tasks/${task}:${verb}`, {}, { "Idempotency-Key": crypto.randomUUID() }),

  // The key makes a repeated send, after a broken connection, count once.
  async say(content, key) {
    let answer = await call("POST", "/api/messages", content, { "Idempotency-Key": key });
    while (answer && !answer.messages) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      answer = await call("GET", `/api/messages/${answer.id}`);
    }
    return answer;
  },
};

// Opens a stream of server-sent events. The browser reconnects by itself and names the last id seen.
export function stream(path, { names, onEvent, onState }) {
  const source = new EventSource(path);
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  const receive = (event) => onEvent(event.type, JSON.parse(event.data), event.lastEventId);
  for (const name of names) source.addEventListener(name, receive);
  return () => source.close();
}

export const TASK_EVENTS = [
  "task.created", "task.changed", "task.started", "task.submitted", "task.approved", "task.rejected",
  "task.completed", "task.cancelled", "task.deleted", "task.restored", "task.freed", "person.changed",
];
