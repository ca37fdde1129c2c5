"use strict";
// Opens and filters. All text in this page was escaped when it was written; nothing here makes markup of text.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-script");
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const one = (id) => document.getElementById(id);

  // Theme. Some browsers keep nothing for files: then it lasts as long as the page.
  const store = (value) => { try { if (value === undefined) return localStorage.getItem("conformance-theme"); localStorage.setItem("conformance-theme", value); } catch { return null; } };
  const themes = ["system", "light", "dark"];
  const dress = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    one("theme").textContent = `theme: ${theme}`;
    one("theme").value = theme;
  };
  dress(themes.includes(store()) ? store() : "system");
  one("theme").addEventListener("click", () => {
    const next = themes[(themes.indexOf(one("theme").value) + 1) % themes.length];
    dress(next);
    store(next);
  });

  // Times are those of the reader; the tip has what was recorded.
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const localise = (from) => {
    for (const time of all("time", from)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = time.dateTime;
      time.textContent = clock.format(at);
    }
  };
  localise(document);

  // The text of a transcript is made from its ladder when it is asked for.
  const asText = (fold) => {
    const ladder = fold.previousElementSibling.querySelector(".ladder");
    const names = all(".ends b", ladder).map((name) => name.textContent);
    const lines = all("li", ladder).map((line) => {
      const said = (line.querySelector("pre") ?? line.querySelector("code")).textContent;
      const name = names[Number(line.style.getPropertyValue("--lane"))];
      const arrow = line.classList.contains("connect") ? "==" : line.classList.contains("c") ? "->" : "<-";
      const lead = `${line.querySelector("i").textContent} ${name} ${arrow} `;
      return lead + said.replaceAll("\n", `\n${" ".repeat(lead.length)}`);
    });
    fold.querySelector("pre").textContent = lines.join("\n");
  };

  // Details are built when they are opened for the first time, from the numbers of their lines.
  let pool;
  const html = (row) => {
    pool ??= JSON.parse(one("lines").textContent).split("\n");
    const numbers = JSON.parse(one(`detail-${row.dataset.row}`).textContent).split(" ");
    return numbers.flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return pool.slice(first, last + 1);
    }).join("\n");
  };
  const rows = all("#matrix tr.case");
  const button = (row) => row.querySelector("th button");
  const open = (row, wanted) => {
    let detail = row.nextElementSibling?.classList.contains("detail") ? row.nextElementSibling : null;
    if (wanted && !detail) {
      detail = document.createElement("tr");
      detail.className = "detail";
      const cell = document.createElement("td");
      cell.colSpan = row.cells.length;
      cell.innerHTML = html(row);
      localise(cell);
      for (const fold of all(".as-text", cell)) fold.addEventListener("toggle", () => asText(fold), { once: true });
      detail.append(cell);
      row.after(detail);
    }
    if (detail) detail.hidden = !wanted;
    button(row).setAttribute("aria-expanded", String(wanted));
  };
  const isOpen = (row) => button(row).getAttribute("aria-expanded") === "true";
  for (const row of rows) {
    button(row).addEventListener("click", () => {
      open(row, !isOpen(row));
      history.replaceState(null, "", isOpen(row) ? `#${row.id}` : location.pathname + location.search);
    });
    for (const badge of all("td.verdict .badge", row)) badge.addEventListener("click", () => open(row, !isOpen(row)));
  }

  // Filters.
  const form = one("filter");
  const areas = all("#matrix tbody.group");
  const checked = (name) => all(`input[name="${name}"]:checked`, form).map((input) => input.value);
  const filter = () => {
    const words = one("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [area, level] = [one("area").value, one("level").value];
    const [verdicts, transcripts, changes] = [checked("verdict"), checked("transcript"), checked("change")];
    const has = (wanted, words) => !wanted.length || wanted.some((word) => words.split(" ").includes(word));
    let shown = 0;
    for (const row of rows) {
      const fits = (!area || row.dataset.area === area)
        && (!level || row.dataset.level === level)
        && has(verdicts, row.dataset.verdicts)
        && has(transcripts, row.dataset.transcripts)
        && has(changes, row.dataset.change)
        && words.every((word) => row.dataset.text.includes(word));
      row.classList.toggle("out", !fits);
      if (fits) shown += 1;
    }
    for (const group of areas) fold(group);
    one("shown").textContent = `${shown} of ${rows.length} cases`;
  };
  // The visible part of an area: nothing when no case of it fits, its name alone when it is folded.
  const fold = (group) => {
    const head = group.querySelector(".area button");
    const folded = head.getAttribute("aria-expanded") === "false";
    const cases = all("tr.case", group);
    group.hidden = cases.every((row) => row.classList.contains("out"));
    for (const row of cases) {
      row.hidden = folded || row.classList.contains("out");
      const detail = row.nextElementSibling;
      if (detail?.classList.contains("detail")) detail.hidden = row.hidden || !isOpen(row);
    }
  };
  for (const group of areas) {
    const head = group.querySelector(".area button");
    head.addEventListener("click", () => {
      head.setAttribute("aria-expanded", String(head.getAttribute("aria-expanded") === "false"));
      fold(group);
    });
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  one("open-red").addEventListener("click", () => rows.filter((row) => row.dataset.red && !row.hidden).forEach((row) => open(row, true)));
  one("close-all").addEventListener("click", () => rows.forEach((row) => open(row, false)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      one("text").focus();
    }
  });

  // `#case:bind/twice` opens that case.
  const follow = () => {
    const row = one(location.hash.slice(1))?.closest("tr.case");
    if (!row) return;
    if (row.hidden) {
      form.reset();
      const head = row.closest("tbody").querySelector(".area button");
      head.setAttribute("aria-expanded", "true");
      filter();
    }
    open(row, true);
    row.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
