// Search in a static site: loads only what the question needs, as scripts, so that it works from a disk too.
// mirror/browse/siteindex.py tells how the files are made.
"use strict";
(() => {
  const results = document.getElementById("results");
  const { root, language } = results.dataset;
  const about = JSON.parse(results.dataset.about);
  const PAGE = 10;
  const MOST_PARTS = 24; // loaded before the reader is asked whether to go on
  const waiting = new Map(); // file → { promise, resolve }
  let parts = 0; // loaded since then

  const load = (file) => {
    if (!waiting.has(file)) {
      const entry = {};
      entry.promise = new Promise((resolve, reject) => {
        entry.resolve = resolve;
        const script = document.createElement("script");
        script.src = `${root}search/${file}.js`;
        script.onerror = () => { waiting.delete(file); reject(new Error(file)); };
        document.head.append(script);
      });
      waiting.set(file, entry);
    }
    return waiting.get(file).promise;
  };
  window.mirrorLoaded = (file, value) => waiting.get(file).resolve(value);

  // As mirror/search/fold.py has it; `folding` need not have more characters than the question is about.
  const BLANK = /[\p{Zs}\p{Zl}\p{Zp}\p{Cc}\p{Cf}\p{Cs}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
  const foldOne = (one, folding) => (BLANK.test(one) ? " " : folding.get(one) ?? one);
  const stream = (text, folding) =>
    [...text].map((one) => foldOne(one, folding)).join("")
      .replace(/[ \u2500-\u257f]*[\u2500-\u257f][ \u2500-\u257f]*/g, "│")
      .replace(/ {2,}/g, " ").replace(/(?<![!-\u24ff]) +| +(?![!-\u24ff])/g, "");

  // Every character that is searched as one of the text's, with the one it is searched as.
  const foldingFor = async (text) => {
    const folding = new Map();
    const alike = async (one) => {
      const block = one.codePointAt(0) >> 8;
      return about.folds.includes(block) ? (await load(`fold-${block}`))[one] ?? one : one;
    };
    await Promise.all([...new Set(text)].map(async (one) => {
      const found = await alike(one);
      const searched = [...found][0];
      for (const other of [...found].length > 1 ? found : await alike(searched)) folding.set(other, searched);
    }));
    return folding;
  };

  const decode = (text, before) => {
    const octets = atob(text), low = octets.charCodeAt(0), end = octets.length * 8, entries = [];
    let at = 8, high = 0, last = before;
    const bit = () => (octets.charCodeAt(at >> 3) >> (7 - (at++ & 7))) & 1;
    while (at < end) {
      if (!bit()) { high++; continue; }
      let rest = 0;
      for (let count = 0; count < low; count++) rest = rest * 2 + bit();
      last += high * 2 ** low + rest + 1;
      entries.push(last);
      high = 0;
    }
    return entries;
  };

  const shardOf = (pair) => {
    const [first, second] = [...pair];
    const sum = Math.imul(first.codePointAt(0), 0x9e3779b1) + Math.imul((second ?? first).codePointAt(0), 0x85ebca6b);
    return `shard-${(sum >>> 0) % about.shards}`;
  };

  const pairsOf = (terms) => {
    const pairs = new Set();
    for (const term of terms) {
      const characters = [...term];
      characters.slice(1).forEach((second, at) => pairs.add(characters[at] + second));
    }
    return [...pairs];
  };

  // The entries that have a pair, of which only the parts that are asked about are loaded.
  const listOf = (file, count = 0, stated = "") => {
    const whole = typeof stated === "string" ? decode(stated, -1) : null;
    const firsts = whole ? whole.slice(0, 1) : stated, held = whole ? [whole] : [];
    const partOf = (entry) => {
      let part = 0;
      while (part + 1 < firsts.length && firsts[part + 1] <= entry) part++;
      return part;
    };
    return {
      count,
      // Whether `next` can be told without loading.
      has: (entry) => !firsts.length || entry <= firsts[partOf(entry)] || held[partOf(entry)] !== undefined,
      ready: async (entry) => {
        const part = partOf(entry);
        parts++;
        held[part] = decode(await load(`${file}${part}`), firsts[part] - 1);
      },
      // The first entry not before another; Infinity if there is none.
      next: (entry) => {
        const part = partOf(entry);
        if (!firsts.length) return Infinity;
        if (entry <= firsts[part]) return firsts[part];
        const entries = held[part];
        let low = 0, high = entries.length;
        while (low < high) { const middle = (low + high) >> 1; if (entries[middle] < entry) low = middle + 1; else high = middle; }
        return entries[low] ?? firsts[part + 1] ?? Infinity;
      },
    };
  };

  // The entries all lists have, in order; null where more parts would have to be loaded than a reader may want.
  async function* common(lists) {
    for (let at = 0; ;) {
      const far = Math.max(...lists.filter((list) => list.has(at)).map((list) => list.next(at)), at);
      if (far === Infinity) return;
      if (far > at) { at = far; continue; }
      const missing = lists.filter((list) => !list.has(at));
      if (missing.length) {
        if (parts >= MOST_PARTS) yield null;
        await Promise.all(missing.map((list) => list.ready(at)));
      } else { yield at; at++; }
    }
  }

  // Entries that have all pairs; those with all of them in the title come first.
  async function* find(texts, titles) {
    const before = new Set();
    for (const [lists, known] of [[titles, null], [texts, before]]) {
      for await (const entry of common(lists)) {
        if (entry === null) yield null;
        else if (!known?.has(entry)) { before.add(entry); yield entry; }
      }
    }
  }

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // The page itself gives the snippet, and the proof that the words stand together. From a disk it cannot be read.
  const read = async (line, id, terms, folding) => {
    const answer = await fetch(`${root}${id}.html`);
    if (!answer.ok) throw new Error(id);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const text = page.querySelector(".reading").textContent.replace(/\s+/g, " ");
    const said = [page.querySelector("h1").textContent, text, page.querySelector(".raw").textContent];
    const whole = said.map((one) => stream(one, folding)).join("\u0000");
    if (!terms.every((term) => whole.includes(term))) return false;
    const characters = [...text], kept = [];
    characters.forEach((one, at) => { if (stream(one, folding) !== "") kept.push(at); });
    const streamed = kept.map((at) => stream(characters[at], folding)).join("");
    const term = terms.find((one) => streamed.includes(one));
    const start = term === undefined ? -1 : [...streamed.slice(0, streamed.indexOf(term))].length;
    const from = start < 0 ? 0 : kept[start], to = start < 0 ? 0 : kept[start + [...term].length - 1] + 1;
    const snippet = element("p", characters.slice(Math.max(0, from - 24), from).join(""), { class: "snippet", lang: "zh-Hans" });
    if (start >= 0) snippet.append(element("mark", characters.slice(from, to).join("")));
    snippet.append(characters.slice(to, to + 70).join(""));
    const trail = [...page.querySelectorAll(".trail li")].slice(1).map((step) => step.textContent.trim()).join(" › ");
    line.append(element("p", trail, { class: "quiet", lang: "zh-Hans" }), snippet);
    return true;
  };

  const search = async (question) => {
    const words = question.split(/\s+/);
    // Most questions are searched as they are written: their shards are asked for while the folds are still coming.
    for (const pair of pairsOf(words)) load(shardOf(pair)).catch(() => { /* told when it is needed */ });
    const folding = await foldingFor(question);
    const terms = words.map((word) => stream(word, folding)).filter((term) => term !== "");
    if (!terms.length || terms.some((term) => [...term].length < 2)) { results.textContent = results.dataset.short; return; }
    const pairs = pairsOf(terms);
    const stated = await Promise.all(pairs.map(async (pair) => {
      const shard = await load(shardOf(pair));
      return Object.hasOwn(shard, pair) ? shard[pair] : [0, "", 0, ""];
    }));
    const hex = (one) => one.codePointAt(0).toString(16);
    const files = pairs.map((pair) => { const [first, second] = [...pair]; return `${hex(first)}/${hex(second)}-`; });
    const texts = stated.map(([count, list], at) => listOf(files[at], count, list));
    const titles = stated.map(([, , count, list], at) => listOf(`${files[at]}t`, count, list));

    // The index tells how many entries have a pair; of several pairs that is known once all hits are listed and read.
    const alone = pairs.length === 1 && terms.every((term) => [...term].length === 2);
    const bound = Math.min(...texts.map((list) => list.count));
    let listed = 0, unread = 0, dropped = 0, ended = false;
    const status = element("p", "", { role: "status" }), list = element("ol", "", { class: "hits" });
    const more = element("button", results.dataset.more, { type: "button" });
    const tell = () => {
      const most = (ended && !alone ? listed : bound) - dropped;
      const said = most === 0 ? "none" : alone || (ended && unread === 0) ? "count" : "most";
      status.textContent = results.dataset[said].replace("%", `${most}`.replace(/\B(?=(\d{3})+$)/g, "\u202f"));
    };
    results.replaceChildren(status, list);

    const check = async (line, id) => {
      const proved = await read(line, id, terms, folding);
      unread--;
      if (!proved && !alone) { line.remove(); dropped++; }
      tell();
    };
    const seen = new IntersectionObserver((changes) => {
      for (const { isIntersecting, target } of changes) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        check(target, target.dataset.entry).catch(() => { /* the hit stands without a snippet */ });
      }
    }, { rootMargin: "80px" });

    const found = find(texts, titles);
    const show = async () => {
      results.ariaBusy = "true";
      more.remove();
      parts = 0;
      const entries = [];
      while (entries.length < PAGE) {
        const { value, done } = await found.next();
        if (done) ended = true;
        if (done || value === null) break;
        entries.push(value);
      }
      listed += entries.length;
      unread += entries.length;
      const blocks = await Promise.all(entries.map((entry) => load(`titles-${Math.floor(entry / about.block)}`)));
      entries.forEach((entry, at) => {
        const [id, title] = blocks[at][entry % about.block];
        const line = element("li", "", { "data-entry": id }), heading = document.createElement("h3");
        heading.append(element("a", title || id, { href: `${root}${language}${id}.html`, lang: "zh-Hans" }));
        line.append(heading);
        list.append(line);
        if (location.protocol !== "file:") seen.observe(line);
      });
      if (!ended) results.append(more);
      tell();
      results.ariaBusy = "false";
    };
    more.addEventListener("click", () => show().catch(fail));
    await show();
  };

  const fail = () => { results.textContent = results.dataset.failed; };
  const question = new URLSearchParams(location.search).get("q") ?? "";
  document.getElementById("question").value = question;
  if (question.trim()) search(question.trim()).catch(fail);
})();
