// Looks one site up in the files of sites/ and shows it. Everything goes in as text, never as HTML.
"use strict";

const said = document.getElementById("said");
const place = document.getElementById("site");
const field = document.getElementById("domain");
const known = {};
const titled = document.title;

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  return made;
}

// Text in which `so` marks what stands in a record.
function marked(name, text) {
  const made = element(name);
  text.split("`").forEach((part, number) => made.append(number % 2 ? element("code", part) : part));
  return made;
}

function ruleLink(code, rules) {
  return Object.hasOwn(rules, code) ? element("a", code, { class: "code", href: "rules.html#" + encodeURIComponent(code) })
    : element("span", code, { class: "code" });
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

function nameOf(family, families) {
  return (Object.hasOwn(families, family) && families[family]) || family.replace("_", "-").toUpperCase();
}

function gradeTable(site, rules, families) {
  const table = element("table", null, { class: "numbers grades" });
  table.append(element("caption", "Grades"));
  const head = element("tr");
  for (const title of ["Record", "Grade", "Letter", "Found"]) head.append(element("th", title, { scope: "col" }));
  table.append(element("thead"));
  table.tHead.append(head);
  const body = element("tbody");
  for (const [family, grade, letter, why, untold] of site.grades) {
    const row = element("tr");
    row.append(element("th", nameOf(family, families), { scope: "row" }));
    row.append(element("td", grade === null ? "–" : grade), element("td", letter || "–"));
    const found = site.found[family];
    const parts = [found, why && (why !== "does not apply" || !found) && "no grade: " + why].filter(Boolean);
    if (!why && untold.length) parts.push("could not be judged: ");
    const note = element("td", parts.join("; "));
    if (!why) untold.forEach((code, number) => note.append(number ? ", " : "", ruleLink(code, rules)));
    row.append(note);
    body.append(row);
  }
  table.append(body);
  const scroll = element("div", null, { class: "scroll", tabindex: "0", role: "region", "aria-label": "Grades" });
  scroll.append(table);
  return scroll;
}

function worth(family, points, gain) {
  if (!points) return "costs nothing";
  const lost = "costs " + points + " of the 100 points of " + family;
  const gained = gain < 0.1 ? "less than 0.1 points" : gain === 1 ? "1 point" : gain + " points";
  return gain ? lost + "; mending it brings " + gained + " overall" : lost;
}

function remarkItem([code, family, severity, points, evidence, gain], publish, rules, families) {
  const rule = rules[code] || { title: "", help: "", reference: "" };
  const item = element("li");
  const head = element("div", null, { class: "head" });
  const names = ["critical", "high", "medium", "low", "notice"];
  head.append(ruleLink(code, rules), " ");
  head.append(element("span", severity, { class: "severity " + (names.includes(severity) ? severity : "") }), " ");
  head.append(element("span", worth(nameOf(family, families), points, gain), { class: "amount" }));
  item.append(head);
  if (rule.title) item.append(marked("h3", rule.title));
  const found = element("p", "Found: ", { class: "example" });
  found.append(element("q", evidence));
  item.append(found);
  if (rule.help) item.append(marked("p", rule.help));
  for (const line of publish[code] || []) {
    const record = element("pre", line, { class: "record" });
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
  const names = site.next.mend.map((code) => (rules[code] && rules[code].title ? code + " (" + rules[code].title.replace(/\.$/, "").replaceAll("`", "") + ")" : code));
  const then = site.next.reaches === null ? "" : " (the grade is then " + site.next.reaches + ")";
  return element("p", "To reach the letter " + site.next.letter + " or better, mend " + names.join(", ") + then + ".", { class: "banner way" });
}

function counted(number, noun) {
  return number + " " + noun + (number === 1 ? "" : "s");
}

function provider(name) {
  return { unknown: "not recognised", "self-hosted": "run by the site itself" }[name] || name.replaceAll("_", " ");
}

// What was not measured has no fault that is known: that is not the same as none.
function nothingWrong(site) {
  if (site.grade !== null) return [element("h2", "Nothing that costs points")];
  return [element("h2", "No verdict"), element("p", site.status === "nxdomain"
    ? "A server said that the domain does not exist: there is nothing to judge."
    : "Too little could be measured. That is no fault of the site, and no praise: what could not be asked was not judged.")];
}

async function sayMissing(domain) {
  said.textContent = "This run has no site " + domain + ".";
  for (let above = domain; above.split(".").length > 2;) {
    above = above.slice(above.indexOf(".") + 1);
    if (!await find(above)) continue;
    said.append(" It has ", element("a", above, { href: "#" + encodeURIComponent(above) }), ".");
    return;
  }
}

async function show(domain) {
  place.replaceChildren();
  document.title = titled;
  if (!domain) { said.textContent = ""; return; }
  said.textContent = "Looking up " + domain + " …";
  try {
    const site = await find(domain);
    if (!site) { await sayMissing(domain); return; }
    const rules = await load("rules.json");
    const { families } = await load("index.json");
    place.append(element("h2", site.domain));
    const state = site.status === "nxdomain" ? "the domain does not exist"
      : site.status === "not_measured" ? "nobody could tell whether it exists" : "measured";
    place.append(element("p", "Rank " + site.rank.toLocaleString("en") + "; " + state + ". Name servers: " + provider(site.dns) + "; mail: " + provider(site.mail) + ".", { class: "lead" }));
    const total = element("p", null, { class: "total" });
    total.append(element("strong", site.letter || "no grade"));
    total.append(site.grade === null ? " " + (site.why || "") : " " + site.grade + " of 100");
    place.append(total);
    const next = way(site, rules);
    if (next) place.append(next);
    if (site.grades.length) place.append(gradeTable(site, rules, families));
    const wrong = site.remarks.filter((one) => one[3]), free = site.remarks.filter((one) => !one[3]);
    said.textContent = site.domain + ": " + (site.grade === null ? "no grade" + (site.why ? ", " + site.why : "") : site.letter + ", " + site.grade + " of 100")
      + (site.grade === null && !site.remarks.length ? "." : "; " + counted(wrong.length, "fault") + " that cost" + (wrong.length === 1 ? "s" : "") + " points, " + counted(free.length, "notice") + ".");
    document.title = site.domain + " – " + titled;
    if (!wrong.length) place.append(...nothingWrong(site));
    for (const [title, remarks] of [["What is wrong, and what to mend first", wrong], ["Worth knowing, costs nothing", free]]) {
      if (!remarks.length) continue;
      place.append(element("h2", title));
      const list = element("ol", null, { class: "remarks" });
      for (const one of remarks) list.append(remarkItem(one, site.publish, rules, families));
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

// A domain as somebody types or pastes it: an address of the web or of mail, a name in any script.
function clean(text) {
  const name = text.trim().toLowerCase().replace(/^[a-z]+:\/\//, "").replace(/[/?#].*$/, "")
    .replace(/^.*@/, "").replace(/:\d*$/, "").replace(/\.$/, "");
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  try { return new URL("https://" + name).hostname; } catch { return name; }
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const domain = clean(field.value);
  if (domain === wanted()) show(domain); else location.hash = encodeURIComponent(domain);
});
addEventListener("hashchange", () => { field.value = wanted(); show(wanted()); });
field.value = wanted();
show(wanted());
