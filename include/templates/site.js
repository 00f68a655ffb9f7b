// Looks one site up in the files of sites/ and shows it. Everything goes in as text, never as HTML.
"use strict";

const said = document.getElementById("said");
const place = document.getElementById("site");
const field = document.getElementById("domain");
const known = {};

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  return made;
}

async function load(name) {
  if (!(name in known)) {
    const answer = await fetch("sites/" + name);
    if (!answer.ok) throw new Error(answer.status + " for sites/" + name);
    let bytes = await answer.arrayBuffer();
    const head = new Uint8Array(bytes.slice(0, 2));
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const whole = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      bytes = await new Response(whole).arrayBuffer();
    }
    known[name] = JSON.parse(new TextDecoder().decode(bytes));
  }
  return known[name];
}

function fileOf(first, domain) {
  let low = 0, high = first.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (first[middle] <= domain) low = middle; else high = middle;
  }
  return String(low).padStart(5, "0") + ".json.gz";
}

async function find(domain) {
  const { first } = await load("index.json");
  if (!first.length) return null;
  const sites = await load(fileOf(first, domain));
  return sites.find((site) => site.domain === domain) || null;
}

function gradeTable(site) {
  const table = element("table", null, { class: "numbers grades" });
  table.append(element("caption", "Grades"));
  const head = element("tr");
  for (const title of ["Record", "Grade", "Letter", "Note"]) head.append(element("th", title, { scope: "col" }));
  table.append(element("thead"));
  table.tHead.append(head);
  const body = element("tbody");
  for (const [family, grade, letter, why, untold] of site.grades) {
    const row = element("tr");
    row.append(element("th", family.replace("_", "-"), { scope: "row" }));
    row.append(element("td", grade === null ? "–" : grade), element("td", letter || "–"));
    row.append(element("td", why || (untold.length ? "could not be told: " + untold.join(", ") : "")));
    body.append(row);
  }
  table.append(body);
  const scroll = element("div", null, { class: "scroll" });
  scroll.append(table);
  return scroll;
}

function worth(family, points, gain) {
  if (!points) return "costs nothing";
  const lost = points + " points of " + family.replace("_", "-");
  return gain ? "mending it brings " + (gain < 0.1 ? "less than 0.1" : gain) + " points; costs " + lost : lost;
}

function remarkItem([code, family, severity, points, evidence, gain], publish, rules) {
  const rule = rules[code] || { title: "", help: "", reference: "" };
  const item = element("li");
  const head = element("div", null, { class: "head" });
  const names = ["critical", "high", "medium", "low", "notice"];
  head.append(element("span", code, { class: "code" }), " ");
  head.append(element("span", severity, { class: "severity " + (names.includes(severity) ? severity : "") }), " ");
  head.append(element("span", worth(family, points, gain), { class: "amount" }));
  item.append(head);
  if (rule.title) item.append(element("h3", rule.title));
  const found = element("p", "Found: ", { class: "example" });
  found.append(element("q", evidence));
  item.append(found);
  if (rule.help) item.append(element("p", rule.help.replaceAll("`", "")));
  for (const line of publish[code] || []) {
    const record = element("pre", line, { class: "record", tabindex: "0", "aria-label": "Record to publish" });
    item.append(element("p", "Publish:"), record);
  }
  if (rule.reference.startsWith("https://")) {
    const line = element("p");
    line.append(element("a", rule.reference, { href: rule.reference, rel: "noopener noreferrer" }));
    item.append(line);
  }
  return item;
}

function way(site, rules) {
  if (!site.next || !site.next.mend.length) return null;
  const names = site.next.mend.map((code) => (rules[code] && rules[code].title ? code + " (" + rules[code].title.replace(/\.$/, "") + ")" : code));
  const then = site.next.reaches === null ? "" : " (the grade is then " + site.next.reaches + ")";
  return element("p", "To reach the letter " + site.next.letter + " or better, mend " + names.join(", ") + then + ".", { class: "banner way" });
}

async function show(domain) {
  place.replaceChildren();
  if (!domain) { said.textContent = ""; return; }
  said.textContent = "Looking up " + domain + " …";
  try {
    const site = await find(domain);
    if (!site) { said.textContent = "This run has no site " + domain + "."; return; }
    const rules = await load("rules.json");
    said.textContent = "";
    place.append(element("h2", site.domain));
    const state = site.status === "nxdomain" ? "the domain does not exist"
      : site.status === "not_measured" ? "nobody could tell whether it exists" : "measured";
    place.append(element("p", "Rank " + site.rank.toLocaleString("en") + "; " + state + ". Name servers: " + site.dns.replace("_", " ") + "; mail: " + site.mail.replace("_", " ") + ".", { class: "lead" }));
    const total = element("p", null, { class: "total" });
    total.append(element("strong", site.letter || "no grade"));
    total.append(site.grade === null ? " " + (site.why || "") : " " + site.grade + " of 100");
    place.append(total);
    const next = way(site, rules);
    if (next) place.append(next);
    if (site.grades.length) place.append(gradeTable(site));
    const wrong = site.remarks.filter((one) => one[3]), free = site.remarks.filter((one) => !one[3]);
    for (const [title, remarks] of [[wrong.length ? "What is wrong, and what to mend first" : "Nothing that costs points", wrong], ["Worth knowing, costs nothing", free]]) {
      if (!remarks.length && remarks !== wrong) continue;
      place.append(element("h2", title));
      const list = element("ol", null, { class: "remarks" });
      for (const one of remarks) list.append(remarkItem(one, site.publish, rules));
      place.append(list);
    }
  } catch (fault) {
    said.textContent = location.protocol === "file:"
      ? "A page opened from a file may not read its data: serve the folder of the reports (make reports) and open it from there. Every site stands in sites.csv too."
      : "The look-up failed (" + fault.message + "). Try again later.";
  }
}

function wanted() {
  try {
    return location.hash.length > 1 ? decodeURIComponent(location.hash.slice(1))
      : new URLSearchParams(location.search).get("domain") || "";
  } catch { return ""; }
}

function clean(text) {
  return text.trim().toLowerCase().replace(/^[a-z]+:\/\//, "").replace(/[/?#].*$/, "").replace(/\.$/, "");
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const domain = clean(field.value);
  if (domain === wanted()) show(domain); else location.hash = encodeURIComponent(domain);
});
addEventListener("hashchange", () => { field.value = wanted(); show(wanted()); });
field.value = wanted();
show(wanted());
