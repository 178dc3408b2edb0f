/**
 * The script of a page with items: lists them, filters, opens. Plain JavaScript for a browser. Whatever comes from the
 * data is put into the page as text, never as markup, and no address is made of it.
 *
 * The part after `#` may hold a view, as `#end=wrong&arm=1&tag=algebra&q=train&open=12`: the filters, and the line of an
 * item to open.
 */
export const script = `"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const STEP = 200;
const names = new Map(data.endings.map(([ending, name]) => [ending, name]));
const signs = new Map(data.endings.map(([ending, , sign]) => [ending, sign]));
const places = new Map(data.endings.map(([ending], place) => [ending, place]));
const tones = { right: "good", wrong: "bad", failed: "bad", noAnswer: "warn", unjudged: "warn", partly: "warn", missing: "missing" };

const make = (tag, options, ...children) => {
  const element = document.createElement(tag);
  const { text, ...attributes } = options;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
};
const textOf = (ref) => data.texts[ref[0]];
const number = (value) => value.toLocaleString("en-US");

// What of a message says what the item is: the last one of the user.
const questionOf = (item) => {
  const messages = item.prompts.length === 0 ? [] : item.prompts[0].messages;
  const last = messages.findLast(([role]) => role === "user") ?? messages.at(-1);
  return last === undefined ? item.id : data.texts[last[1]];
};
const short = (text) => (text.length > 300 ? text.slice(0, 300) + "…" : text);

const block = (ref) => {
  const parts = [make("pre", { class: "text", dir: "auto", tabindex: "0", text: textOf(ref) })];
  if (ref[1] > 0) parts.push(make("p", { class: "note", text: "Cut here: " + number(ref[1]) + " more characters are in the export." }));
  return parts;
};

const markOf = (ending, text, label) =>
  make("li", { class: "mark " + (tones[ending] ?? ""), title: label }, make("span", { "aria-hidden": "true", text }), make("span", { class: "hidden-words", text: label }));

const marks = (item) => {
  const list = make("ul", { class: "marks" });
  for (const [place, counts] of item.tallies) {
    const arm = data.arms[place] ?? { key: "", label: "" };
    const total = counts.reduce((sum, count) => sum + count, 0);
    const worst = ["failed", "noAnswer", "unjudged", "wrong", "partly", "missing", "right"].find((ending) => counts[places.get(ending)] > 0) ?? "missing";
    const said = data.endings.flatMap(([, name], index) => (counts[index] > 0 ? [total === 1 ? name : counts[index] + " " + name] : [])).join(", ");
    const brief = total === 1 ? (arm.key === "" ? names.get(worst) : signs.get(worst)) : counts[0] + "/" + total + " " + signs.get(worst);
    list.append(markOf(worst, (arm.key + " " + brief).trim(), (arm.label + ": " + said)));
  }
  return list;
};

const scoresOf = (trial) =>
  trial.scores.map(({ scorer, value, failed, extracted, explanation }) => {
    const parts = [failed === undefined ? String(value) : "not judged: " + failed];
    if (extracted !== undefined) parts.push("read: " + extracted);
    if (explanation !== undefined) parts.push(explanation);
    return [scorer, parts.join(" · ")];
  });

const pairs = (entries) => {
  const list = make("dl", {});
  for (const [name, value] of entries) list.append(make("dt", { text: name }), make("dd", { dir: "auto", text: value }));
  return list;
};

const trialOf = (trial) => {
  const arm = data.arms[trial.arm] ?? { label: "", key: "", colour: "s1" };
  const title = make("h4", {});
  if (arm.key !== "") title.append(make("span", { class: "key " + arm.colour, text: arm.key }));
  title.append(arm.label + (trial.repeat === undefined ? "" : ", repeat " + trial.repeat));
  const end = trial.ending === "noAnswer" ? trial.end : names.get(trial.ending);
  const head = make("header", {}, title, make("span", { class: "mark " + tones[trial.ending], text: end }), make("small", { text: trial.facts.map(([name, value]) => name + " " + value).join(" · ") }));
  const article = make("article", { class: "trial" }, head);
  const scores = scoresOf(trial);
  if (scores.length > 0) article.append(pairs(scores));
  if (trial.problem !== undefined) article.append(make("p", { dir: "auto", text: trial.problem }));
  trial.answers.forEach((answer, turn) => {
    if (trial.answers.length > 1) article.append(make("p", { class: "role", text: "Answer of turn " + (turn + 1) }));
    article.append(...block(answer));
  });
  return article;
};

const detailOf = (item) => {
  const facts = [["Item", item.id], ["Target", item.target]];
  if (item.tags.length > 0) facts.push(["Tags", item.tags.join(", ")]);
  if (item.group !== undefined) facts.push(["Group", item.group]);
  const root = make("div", {}, pairs(facts));
  for (const { variant, messages } of item.prompts) {
    if (variant !== "") root.append(make("h4", { text: "Prompt " + variant }));
    for (const [role, ...ref] of messages) root.append(make("p", { class: "role", text: role }), ...block(ref));
  }
  root.append(...item.trials.map(trialOf));
  if (item.moreTrials > 0) root.append(make("p", { class: "note", text: number(item.moreTrials) + " more answers are in the export." }));
  return root;
};

const body = byId("items-body");
let shown = [];
let rows = 0;

const toggle = (button, row, item, open) => {
  button.setAttribute("aria-expanded", String(open));
  if (!open) { row.nextElementSibling.hidden = true; return; }
  const detail = row.nextElementSibling;
  detail.hidden = false;
  const cell = detail.firstElementChild;
  if (cell.childElementCount === 0) cell.append(detailOf(item));
};

const rowsOf = (item, place) => {
  const id = "item-" + place;
  const turn = make("span", { class: "turn", "aria-hidden": "true", text: "▸" });
  const button = make("button", { type: "button", class: "open", "aria-expanded": "false", "aria-controls": id }, turn, make("span", { class: "hidden-words", text: "Line " }), number(item.line));
  const prompt = make("td", {}, make("div", { class: "clip", dir: "auto", text: short(questionOf(item)) }));
  const row = make("tr", { class: "item" }, make("th", { scope: "row", class: "place" }, button), prompt, make("td", { class: "aim" }, make("div", { class: "clip", dir: "auto", text: short(item.target) })), make("td", { class: "ends" }, marks(item)));
  const detail = make("tr", { class: "detail", id }, make("td", { colspan: "4" }));
  detail.hidden = true;
  const flip = () => toggle(button, row, item, button.getAttribute("aria-expanded") !== "true");
  button.addEventListener("click", flip);
  prompt.addEventListener("click", flip);
  return [row, detail];
};

const more = () => {
  const next = shown.slice(rows, rows + STEP);
  body.append(...next.flatMap((place) => rowsOf(data.items[place], place)));
  rows += next.length;
  byId("items-more").hidden = rows >= shown.length;
  byId("items-more").textContent = "Show " + number(Math.min(STEP, shown.length - rows)) + " more";
};

const value = (id) => byId(id)?.value ?? "";
const holds = (item, words) => {
  const has = (text) => text.toLowerCase().includes(words);
  return has(item.id) || has(item.target) || item.tags.some(has) ||
    item.prompts.some(({ messages }) => messages.some(([, ...ref]) => has(textOf(ref)))) ||
    item.trials.some((trial) => has(trial.problem ?? "") || trial.answers.some((ref) => has(textOf(ref))));
};
const matches = (item, { q, end, arm, tag }) =>
  (tag === "" || item.tags.includes(tag)) &&
  ((end === "" && arm === "") || item.tallies.some(([place, counts]) =>
    (arm === "" || place === Number(arm)) && (end === "" || counts[places.get(end)] > 0))) &&
  (q === "" || holds(item, q.toLowerCase()));

const asked = () => ({ q: value("filter-text").trim(), end: value("filter-end"), arm: value("filter-arm"), tag: value("filter-tag") });

const apply = () => {
  const filter = asked();
  shown = data.items.flatMap((item, place) => (matches(item, filter) ? [place] : []));
  rows = 0;
  body.replaceChildren();
  more();
  byId("items-count").textContent = number(shown.length) + (shown.length === data.items.length ? "" : " of " + number(data.items.length)) + (data.items.length === 1 ? " item" : " items");
  return filter;
};

const note = (filter) => {
  const view = new URLSearchParams(Object.entries(filter).filter(([, text]) => text !== ""));
  try { history.replaceState(null, "", "#" + (view.size === 0 ? "items" : view)); } catch { /* A page without an address. */ }
};

const openLine = (line) => {
  const place = shown.findIndex((index) => String(data.items[index].line) === line);
  if (place === -1) return;
  while (rows <= place) more();
  const button = body.querySelector("[aria-controls='item-" + shown[place] + "']");
  button.click();
  button.scrollIntoView();
};

const restore = () => {
  if (!location.hash.includes("=")) return;
  const view = new URLSearchParams(location.hash.slice(1));
  for (const [id, name] of [["filter-text", "q"], ["filter-end", "end"], ["filter-arm", "arm"], ["filter-tag", "tag"]]) {
    if (byId(id) !== null) byId(id).value = view.get(name) ?? "";
  }
  apply();
  if (view.has("open")) openLine(view.get("open"));
};

let waiting;
byId("filters").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => note(apply()), 120);
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("items-more").addEventListener("click", () => {
  const last = rows;
  more();
  body.querySelectorAll(".open")[last]?.focus();
});
addEventListener("hashchange", restore);
byId("filters").hidden = false;
byId("items-root").hidden = false;
apply();
restore();
})();
`
