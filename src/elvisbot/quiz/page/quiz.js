// The quiz's page. All that people have written goes into the page as textContent, never as markup.

import { bubbles, fit } from "./bubbles.js";

const SIDES = ["a", "b"];
const PICK_SHOWN = 280; // ms that the choice is seen before the next question comes

const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let state;
let busy = false;

start();

async function start() {
  $("begin").addEventListener("click", () => ask());
  $("again").addEventListener("click", () => restart());
  for (const side of SIDES) $(side).addEventListener("click", () => choose(side));
  document.addEventListener("keydown", onKey);
  addEventListener("resize", () => fit(document));
  if (await update("/api/quiz")) state.result ? tell() : welcome();
}

// The three screens

function welcome() {
  const { name, asked, answered } = state;
  document.title = `Quiz: ${name} or the bot?`;
  for (const each of document.querySelectorAll("[data-name]")) each.textContent = name;
  $("welcome-title").textContent = `${name}, or the bot?`;
  $("welcome-task").textContent =
    `${asked} moments from real conversations, and two replies to each. ` +
    `One is what ${name} wrote, the other is the bot’s. Choose the real one.`;
  $("begin").textContent = answered ? `Go on with ${answered + 1} of ${asked}` : "Begin";
  show("welcome", "welcome-title");
}

function ask() {
  const { name, asked, answered, question } = state;
  $("count").textContent = `${answered + 1} of ${asked}`;
  $("track").setAttribute("aria-valuemax", asked);
  $("track").setAttribute("aria-valuenow", answered);
  $("track-done").style.width = `${(100 * answered) / asked}%`;
  $("talk").replaceChildren(...question.context.map((turn) => bubbles(turn.texts, turn.from)));
  $("question").textContent = `Which one did ${name} write?`;
  for (const side of SIDES) {
    $(side).classList.remove("chosen");
    $(side).replaceChildren(letter(side), bubbles(question[side], "me"));
  }
  show("asking", "question");
  fit($("asking"));
  $("talk").scrollTop = $("talk").scrollHeight;
  $("asking").querySelector(".panel").scrollTop = 0;
  announce(`Question ${answered + 1} of ${asked}`);
}

function tell() {
  const { name, result } = state;
  document.title = `Quiz: ${percent(result.share)}`;
  $("share").textContent = percent(result.share);
  $("figure").textContent =
    `You took the bot for ${name} ${result.mistaken} out of ${result.asked} times`;
  $("interval").textContent =
    `95% interval: ${percent(result.low, 0)} to ${percent(result.high, 0)}`;
  $("meaning").textContent = result.meaning;
  place("scale-share", result.share);
  place("scale-target", result.target);
  place("scale-guessing", result.guessing);
  place("scale-interval", result.low, result.high);
  $("answers").replaceChildren(...result.questions.map((each) => answer(each, name)));
  $("earlier").hidden = result.earlier.length === 0;
  $("earlier-list").replaceChildren(...result.earlier.toReversed().map(earlier));
  show("result", "figure");
  fit($("result"));
}

// What the visitor does

async function choose(side) {
  if (busy || $("asking").hidden) return;
  busy = true;
  $(side).classList.add("chosen");
  const seen = new Promise((done) => setTimeout(done, calm.matches ? 0 : PICK_SHOWN));
  const taken = await update("/api/choice", { number: state.answered, choice: side });
  await seen;
  busy = false;
  if (!taken) $(side).classList.remove("chosen");
  else state.result ? tell() : ask();
}

async function restart() {
  if (busy) return;
  busy = true;
  const begun = await update("/api/restart", {});
  busy = false;
  if (begun) state.result ? tell() : ask();
}

function onKey(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (!$("welcome").hidden && key === "enter") ask();
  else if ($("asking").hidden) return;
  else if (SIDES.includes(key)) choose(key);
  else if (key === "arrowleft") $("a").focus();
  else if (key === "arrowright") $("b").focus();
  else return;
  event.preventDefault();
}

// Asks the server for the state; false, with the reason on the page, if it does not give one.
async function update(address, body) {
  try {
    const response = await fetch(address, body && post(body));
    const found = await response.json();
    if (response.ok) state = found;
    complain(response.ok ? "" : `${found.detail} ${found.remedy}`);
    return response.ok;
  } catch {
    complain("The quiz does not answer. Start it again in the terminal, then reload this page.");
    return false;
  }
}

function post(body) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

// Pieces of the page

function answer({ context, a, b, bot, choice }, name) {
  const entry = element("li", "answer");
  const mistaken = bot === choice;
  const verdict = element("p", mistaken ? "outcome mistaken" : "outcome");
  verdict.textContent = mistaken ? "You took the bot for the real one" : "You knew";
  const talk = element("div", "answer-talk");
  talk.append(...context.map((turn) => bubbles(turn.texts, turn.from)));
  const replies = element("div", "candidates");
  for (const [side, texts] of [["a", a], ["b", b]]) {
    const reply = element("div", side === choice ? "candidate chosen" : "candidate");
    const author = element("p", side === bot ? "author" : "author real");
    author.textContent = side === bot ? "The bot" : name;
    if (side === choice) {
      const mark = element("span", "mark");
      mark.textContent = "your choice";
      author.append(" ", mark);
    }
    reply.append(author, bubbles(texts, side === bot ? "bot" : "me"));
    replies.append(reply);
  }
  entry.append(verdict, talk, replies);
  return entry;
}

function earlier({ finished_at, share, mistaken, asked }) {
  const entry = element("li");
  const when = element("span");
  when.textContent = new Date(finished_at).toLocaleDateString("en", { dateStyle: "medium" });
  const figure = element("b");
  figure.textContent = percent(share);
  const count = element("span");
  count.textContent = `${mistaken} of ${asked}`;
  entry.append(when, count, figure);
  return entry;
}

function letter(side) {
  const badge = element("span", "letter");
  badge.textContent = side.toUpperCase();
  return badge;
}

function element(kind, name = "") {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}

function place(id, from, to) {
  $(id).style.left = `${100 * from}%`;
  if (to !== undefined) $(id).style.width = `${100 * (to - from)}%`;
}

function show(id, title) {
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== id;
  scrollTo(0, 0);
  $(title).focus({ preventScroll: true });
}

function announce(line) {
  $("announcement").textContent = line;
}

function complain(line) {
  $("problem").textContent = line;
  $("problem").hidden = !line;
}

function percent(share, digits = 1) {
  return `${Number((100 * share).toFixed(digits))}%`;
}
