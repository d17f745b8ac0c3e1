// The page's state and what changes it: sign-in, messages, buttons, and the two live streams.

import { h, render } from "./vendor/preact.mjs";
import { api, Problem, stream, TASK_EVENTS } from "./api.js";
import { page } from "./view.js";

const KEPT = 60; // messages of the chat that a reload of the page brings back
const state = {
  loading: true, me: null, problem: "", tab: "chat", live: false,
  log: [], waiting: 0, tasks: [], total: 0, fresh: new Set(),
};
let closers = [];
let lastNotice = 0;

const root = document.getElementById("app");
// One component for good: a new function each time would be another component, and would lose what is being typed.
const App = () => page(state, act);
root.replaceChildren();

function update(patch) {
  Object.assign(state, patch);
  render(h(App), root);
}

// Messages ------------------------------------------------------------------

function add(item) {
  update({ log: [...state.log, { key: crypto.randomUUID(), ...item }].slice(-KEPT) });
  sessionStorage.setItem("log", JSON.stringify(state.log));
  const log = document.getElementById("log");
  if (log) log.scrollTop = log.scrollHeight;
}

function take(answer, said) {
  let tasks = answer.tasks || [];
  for (const message of answer.messages) {
    const item = { id: message.id, text: message.text, buttons: message.buttons, said };
    const edited = message.edits && state.log.find((one) => one.id === message.edits);
    if (edited) {
      update({ log: state.log.map((one) => (one === edited ? { ...item, id: edited.id, key: one.key } : one)) });
      sessionStorage.setItem("log", JSON.stringify(state.log));
    } else {
      // The tasks belong to the first message, the card.
      add({ ...item, tasks, understood: answer.understood });
      tasks = [];
    }
  }
}

async function converse(content, said, key) {
  update({ waiting: state.waiting + 1, problem: "" });
  try {
    take(await api.say(content, key), said);
    return true;
  } catch (error) {
    fail(error);
    return false;
  } finally {
    update({ waiting: state.waiting - 1 });
  }
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 401) {
    leave("Your session has ended.");
  } else {
    update({ problem: [error.message, ...error.errors.map((one) => one.detail)].join(" ") });
  }
}

async function sayText(text) {
  const key = crypto.randomUUID();
  add({ mine: true, text, key });
  if (!(await converse({ text }, text, key))) mark(key, true);
}

function mark(key, failed) {
  update({ log: state.log.map((one) => (one.key === key ? { ...one, failed } : one)) });
}

const act = {
  show: (tab) => update({ tab }),
  say: sayText,
  send(event) {
    event.preventDefault();
    const field = event.currentTarget.elements.text;
    const text = field.value.trim();
    field.value = "";
    field.focus();
    if (text) sayText(text);
  },
  typed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.currentTarget.form.requestSubmit();
    }
  },
  async again(item) {
    mark(item.key, false);
    if (!(await converse({ text: item.text }, item.text, item.key))) mark(item.key, true);
  },
  press: (button, item) => converse({ button: button.data }, item.said || item.text, crypto.randomUUID()),
  async command(task, verb) {
    if (verb === "reject") {
      // The reason is asked for in the chat, as in Telegram.
      update({ tab: "chat" });
      await converse({ button: `reject:${task.id.slice(2)}` }, "", crypto.randomUUID());
      document.getElementById("text").focus();
      return;
    }
    try {
      await api.command(task.id, verb);
      await refresh();
    } catch (error) {
      fail(error);
    }
  },
  async rename(event) {
    event.preventDefault();
    const name = event.currentTarget.elements.name.value.trim();
    try {
      await api.rename(state.me.person.id, name);
      update({ me: await api.me() });
    } catch (error) {
      fail(error);
    }
  },
  async signOut() {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    leave("You are signed out.");
  },
};

// Live ----------------------------------------------------------------------

let refreshing = null;
let stale = false;

// One request at a time: what changes meanwhile is fetched once, after it.
function refresh() {
  stale = true;
  refreshing ??= (async () => {
    try {
      while (stale) {
        stale = false;
        const { tasks, total } = await api.openTasks();
        update({ tasks, total });
      }
    } catch (error) {
      fail(error);
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

function watch() {
  closers = [
    stream("/api/events", {
      names: TASK_EVENTS,
      onEvent: (_, event) => {
        if (event.task) state.fresh.add(event.task);
        refresh();
      },
      onState: (live) => {
        if (live && !state.live) refresh();
        update({ live });
      },
    }),
    stream("/api/notifications", {
      names: ["message"],
      onEvent: (_, message) => {
        if (message.id <= lastNotice) return;
        lastNotice = message.id;
        sessionStorage.setItem("lastNotice", String(lastNotice));
        add({ notice: true, text: message.text, buttons: message.buttons });
      },
      onState: () => {},
    }),
  ];
}

function leave(problem) {
  for (const close of closers) close();
  closers = [];
  sessionStorage.clear();
  update({ me: null, log: [], tasks: [], total: 0, live: false, problem });
}

// Start ---------------------------------------------------------------------

async function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  // Out of the address bar and the history before anything else is loaded.
  if (token) history.replaceState(null, "", location.pathname);
  try {
    if (token) {
      sessionStorage.clear();
      await api.signIn(token);
    }
    const me = await api.me();
    lastNotice = Number(sessionStorage.getItem("lastNotice") || 0);
    update({ loading: false, me, log: JSON.parse(sessionStorage.getItem("log") || "[]") });
    document.getElementById("text")?.focus();
    watch();
    await refresh();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    update({ loading: false, problem: error.status === 401 && !token ? "" : error.message });
  }
}

// A link that is opened while the page is open changes the fragment alone.
addEventListener("hashchange", start);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName)) {
    event.preventDefault();
    document.getElementById("text")?.focus();
  }
});
start();
