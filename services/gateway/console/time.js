// Times as people say them: relative where close, in the reader's zone.

const clock = (date, zone) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(date);
const day = (date, zone) =>
  new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone }).format(date);
const DAY_MS = 86_400_000;

export function shown(iso, zone, now = new Date()) {
  const date = new Date(iso);
  const days = Math.round((Date.parse(day(date, zone)) - Date.parse(day(now, zone))) / DAY_MS);
  const time = clock(date, zone);
  if (days === 0) return `today ${time}`;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  const parts = { weekday: "short", day: "numeric", month: "short", timeZone: zone };
  if (Math.abs(days) > 300) parts.year = "numeric";
  return `${new Intl.DateTimeFormat("en-GB", parts).format(date).replace(",", "")} ${time}`;
}

export const GROUPS = ["Overdue", "Today", "Next 7 days", "Later", "No deadline"];

export function group(task, zone, now = new Date()) {
  if (!task.deadline) return "No deadline";
  const date = new Date(task.deadline);
  if (date < now) return "Overdue";
  const days = Math.round((Date.parse(day(date, zone)) - Date.parse(day(now, zone))) / DAY_MS);
  if (days === 0) return "Today";
  return days <= 7 ? "Next 7 days" : "Later";
}
