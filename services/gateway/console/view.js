// The page as a function of the state: no state of its own, no calls; `act` holds what a click may do.

import { h } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";
import { GROUPS, group, shown } from "./time.js";

const html = htm.bind(h);

const FIELD_NAMES = {
  title: "title", assignees: "people", deadline: "deadline", priority: "priority", recurrence: "repeats",
  tags: "tag", task_ref: "task", estimate_minutes: "estimate", subtasks: "subtasks", after: "after",
};
const STATUS_NAMES = {
  pending: "to do", in_progress: "in progress", blocked: "blocked", on_hold: "on hold", in_review: "in review",
  needs_revision: "needs revision", completed: "completed", cancelled: "cancelled",
};

export function page(state, act) {
  if (state.loading) return html`<p class="loading">Loading …</p>`;
  if (!state.me) return signedOut(state);
  return html`
    <header class="bar">
      <img src="/console/icon.svg" alt="" width="28" height="28" />
      <h1>${state.me.workspace?.name || "Boss Workflow"}</h1>
      <span class=${`link ${state.live ? "live" : "lost"}`} role="status">${state.live ? "live" : "reconnecting …"}</span>
      <span class="who">${state.me.person.name}</span>
      <button class="plain" onClick=${act.signOut}>Sign out</button>
    </header>
    <nav class="tabs" aria-label="Parts of the page">
      ${tab("chat", "Chat", state, act)}${tab("tasks", `Tasks (${state.total})`, state, act)}
    </nav>
    <main class=${`panes show-${state.tab}`}>
      ${chat(state, act)}
      ${tasks(state, act)}
    </main>`;
}

const tab = (name, label, state, act) => html`
  <button aria-pressed=${String(state.tab === name)} onClick=${() => act.show(name)}>${label}</button>`;

function signedOut(state) {
  return html`
    <main class="door">
      <img src="/console/icon.svg" alt="" width="56" height="56" />
      <h1>Boss Workflow</h1>
      ${state.problem && html`<p class="problem" role="alert">${state.problem}</p>`}
      <p>You need a sign-in link. <code>make run</code> prints one when it starts, and
        <code>.venv/bin/boss link</code> prints a new one at any time. A link works once, for 15 minutes.</p>
    </main>`;
}

// The chat ------------------------------------------------------------------

function chat(state, act) {
  return html`
    <section class="chat" aria-label="Chat with the bot">
      ${state.me.person.name === "Owner" && naming(act)}
      <div class="log" id="log" role="log" aria-live="polite" tabindex="0">
        ${state.log.length === 0 && welcome(act)}
        ${state.log.map((item) => entry(item, state, act))}
        ${state.waiting > 0 && html`<p class="bot thinking" key="thinking">…</p>`}
      </div>
      ${state.problem && html`<p class="problem" role="alert">${state.problem}</p>`}
      <form class="composer" onSubmit=${act.send}>
        <label for="text" class="hidden">Message</label>
        <textarea id="text" name="text" rows="1" maxlength="8000" autocomplete="off"
          placeholder="Ana fix the checkout bug by Friday 5pm, urgent" onKeyDown=${act.typed}></textarea>
        <button>Send</button>
      </form>
    </section>`;
}

const naming = (act) => html`
  <form class="naming" onSubmit=${act.rename}>
    <label for="name">What do people call you?</label>
    <input id="name" name="name" maxlength="100" required autocomplete="given-name" />
    <button>Save</button>
  </form>`;

const EXAMPLES = ["Prepare the monthly report by friday, high", "what's overdue?", "/help"];

const welcome = (act) => html`
  <div class="bot welcome">
    <p><b>Write what is to be done, as you would say it.</b> You see what was understood, and can undo it.</p>
    <p class="buttons">${EXAMPLES.map((text) => html`<button onClick=${() => act.say(text)}>${text}</button>`)}</p>
  </div>`;

function entry(item, state, act) {
  if (item.mine) {
    return html`<div class="me" key=${item.key}><p>${item.text}</p>
      ${item.failed && html`<button class="plain" onClick=${() => act.again(item)}>Not sent. Try again</button>`}</div>`;
  }
  const cards = item.understood?.intent === "create" && item.tasks?.length ? item.tasks : [];
  return html`
    <div class=${item.notice ? "bot notice" : "bot"} key=${item.key}>
      ${cards.length ? cards.map((task, index) => card(task, index, item, state)) : html`<p>${item.text}</p>`}
      ${item.buttons?.map((row) => html`
        <p class="buttons">${row.map((button) => html`
          <button onClick=${() => act.press(button, item)}>${button.label}</button>`)}</p>`)}
    </div>`;
}

function card(task, index, item, state) {
  const spans = (item.understood.spans || []).filter((span) => (span.task || 0) === index);
  const from = (field) => quoted(item.said, spans.filter((span) => span.field === field));
  const zone = state.me.person.timezone;
  return html`
    <article class="card" aria-label=${`${task.id} ${task.title}`}>
      <h3><span class="id">${task.id}</span> ${task.title}</h3>
      <dl>
        ${row("People", task.assignees.map((one) => one.name).join(", ") || "nobody yet", from("assignees"))}
        ${row("Deadline", task.deadline ? shown(task.deadline, zone) : "none", from("deadline"))}
        ${row("Priority", html`<span class=${`priority ${task.priority}`}>${task.priority}</span>`, from("priority"))}
        ${task.tags.length > 0 && row("Tags", task.tags.join(", "), from("tags"))}
        ${task.recurrence && row("Repeats", task.recurrence, from("recurrence"))}
        ${task.depends_on.length > 0 && row("After", task.depends_on.map((one) => one.id || one).join(", "), from("after"))}
      </dl>
      ${spans.length > 0 && html`<p class="words">${marked(item.said, spans)}</p>`}
    </article>`;
}

const row = (name, value, words) => html`
  <div><dt>${name}</dt><dd>${value}${words && html` <q>${words}</q>`}</dd></div>`;

// Offsets count code points, as the server does; JavaScript's strings count UTF-16 units.
const quoted = (said, spans) => spans.map((span) => [...said].slice(span.start, span.end).join("")).join(" … ");

function marked(said, spans) {
  const points = [...said];
  const parts = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at) continue;
    parts.push(points.slice(at, span.start).join(""));
    const name = FIELD_NAMES[span.field] || span.field;
    parts.push(html`<mark class=${`f-${span.field}`} title=${name}>${points.slice(span.start, span.end).join("")}</mark>`);
    at = span.end;
  }
  parts.push(points.slice(at).join(""));
  return parts;
}

// The tasks -----------------------------------------------------------------

function tasks(state, act) {
  const zone = state.me.person.timezone;
  const groups = Object.groupBy
    ? Object.groupBy(state.tasks, (task) => group(task, zone))
    : state.tasks.reduce((all, task) => ((all[group(task, zone)] ||= []).push(task), all), {});
  return html`
    <section class="tasks" aria-label="Open tasks">
      <h2>Open tasks</h2>
      ${state.tasks.length === 0 && html`<p class="empty">Nothing is open. Write to the bot to add a task.</p>`}
      ${GROUPS.filter((name) => groups[name]).map((name) => html`
        <h3 class=${name === "Overdue" ? "late" : ""} key=${name}>${name}</h3>
        <ul>${groups[name].map((task) => line(task, name, zone, act, state.fresh))}</ul>`)}
      ${state.total > state.tasks.length && html`<p class="empty">… and ${state.total - state.tasks.length} more.</p>`}
    </section>`;
}

// What can be done next, by a task's state; who may do it is the server's to say.
const NEXT = {
  pending: [["start", "Start"], ["complete", "Done"]],
  in_progress: [["complete", "Done"]],
  needs_revision: [["start", "Start"]],
  on_hold: [["start", "Start"]],
  in_review: [["approve", "Approve"], ["reject", "Reject"]],
};

const nextSteps = (task) => (NEXT[task.status] || []).filter(([verb]) => !(task.blocked && verb === "start"));

function line(task, groupName, zone, act, fresh) {
  return html`
    <li key=${task.id} id=${task.id} class=${fresh.has(task.id) ? "fresh" : ""}>
      <p class="title"><span class="id">${task.id}</span> ${task.title}</p>
      <p class="facts">
        <span class=${`priority ${task.priority}`}>${task.priority}</span>
        <span class="status">${STATUS_NAMES[task.status]}${task.blocked ? ", waits for another" : ""}</span>
        ${task.deadline && html`<time datetime=${task.deadline} class=${groupName === "Overdue" ? "late" : ""}>${shown(task.deadline, zone)}</time>`}
        <span class="people">${task.assignees.map((one) => one.name).join(", ") || "unassigned"}</span>
      </p>
      <p class="buttons">${nextSteps(task).map(([verb, label]) => html`
        <button onClick=${() => act.command(task, verb)} aria-label=${`${label} ${task.id}`}>${label}</button>`)}</p>
    </li>`;
}
