// Search in a static site: loads only the shards that the question needs, as scripts, so that it works from a disk too.
"use strict";
(() => {
  const results = document.getElementById("results");
  const { root, language } = results.dataset;
  const PAGE = 20;
  const waiting = new Map(); // file → { promise, resolve }

  const load = (file) => {
    if (!waiting.has(file)) {
      const entry = {};
      entry.promise = new Promise((resolve, reject) => {
        entry.resolve = resolve;
        const script = document.createElement("script");
        script.src = `${root}search/${file}.js`;
        script.onerror = () => reject(new Error(file));
        document.head.append(script);
      });
      waiting.set(file, entry);
    }
    return waiting.get(file).promise;
  };
  window.mirrorAbout = (about) => waiting.get("about").resolve(about);
  window.mirrorFold = (from, to) => {
    const others = [...to];
    waiting.get("fold").resolve(new Map([...from].map((one, at) => [one, others[at]])));
  };
  window.mirrorShard = (number, pairs) => waiting.get(`shard-${number}`).resolve(pairs);
  window.mirrorTitles = (number, titles) => waiting.get(`titles-${number}`).resolve(titles);

  // As mirror/search/fold.py has it.
  const BLANK = /[\p{Zs}\p{Zl}\p{Zp}\p{Cc}\p{Cf}\p{Cs}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
  const stream = (text, folding) =>
    [...text].map((one) => (BLANK.test(one) ? " " : folding.get(one) ?? one)).join("")
      .replace(/[ \u2500-\u257f]*[\u2500-\u257f][ \u2500-\u257f]*/g, "│")
      .replace(/ {2,}/g, " ").replace(/(?<![!-\u24ff]) +| +(?![!-\u24ff])/g, "");

  const unpack = (text) => {
    const octets = atob(text), entries = [];
    let before = -1, distance = 0, shift = 0;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets.charCodeAt(at);
      distance |= (octet & 127) << shift;
      if (octet & 128) { shift += 7; continue; }
      before += distance;
      entries.push(before);
      distance = shift = 0;
    }
    return entries;
  };

  const shardOf = (pair, shards) => {
    const [first, second] = [...pair];
    const sum = Math.imul(first.codePointAt(0), 0x9e3779b1) + Math.imul((second ?? first).codePointAt(0), 0x85ebca6b);
    return (sum >>> 0) % shards;
  };

  // Entries that have all pairs of all terms; those with all of them in the title come first.
  const find = async (terms) => {
    const about = await load("about");
    const wanted = new Set();
    for (const term of terms) {
      const characters = [...term];
      characters.slice(1).forEach((second, at) => wanted.add(characters[at] + second));
    }
    const found = await Promise.all([...wanted].map(async (pair) => {
      const shard = await load(`shard-${shardOf(pair, about.shards)}`);
      const [texts, titles] = Object.hasOwn(shard, pair) ? shard[pair] : ["", ""];
      return { texts: unpack(texts), titles: unpack(titles ?? "") };
    }));
    const common = (lists) => {
      lists.sort((one, other) => one.length - other.length);
      return lists.slice(1).reduce((kept, list) => { const has = new Set(list); return kept.filter((e) => has.has(e)); }, lists[0] ?? []);
    };
    const titled = common(found.map((one) => one.titles)), first = new Set(titled);
    return [...titled, ...common(found.map((one) => one.texts)).filter((entry) => !first.has(entry))];
  };

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // The page itself gives the snippet, and the proof that the words stand together. From a disk it cannot be read.
  const fill = async (line, id, terms, folding) => {
    if (location.protocol === "file:") return;
    const answer = await fetch(`${root}${id}.html`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const title = page.querySelector("h1").textContent;
    const text = page.querySelector(".reading").textContent.replace(/\s+/g, " ");
    const whole = stream(`${title}\u0000${text}`, folding);
    if (!terms.every((term) => whole.includes(term))) { line.remove(); return; }
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
  };

  const show = async (entries, terms, folding, about, list, from) => {
    for (const entry of entries.slice(from, from + PAGE)) {
      const [id, title] = (await load(`titles-${Math.floor(entry / about.block)}`))[entry % about.block];
      const line = document.createElement("li"), heading = document.createElement("h3");
      heading.append(element("a", title || id, { href: `${root}${language}${id}.html`, lang: "zh-Hans" }));
      line.append(heading);
      list.append(line);
      fill(line, id, terms, folding).catch(() => { /* the hit stands without a snippet */ });
    }
    if (from + PAGE < entries.length) {
      const more = element("button", results.dataset.more, { type: "button" });
      more.addEventListener("click", () => { more.remove(); show(entries, terms, folding, about, list, from + PAGE); });
      results.append(more);
    }
  };

  const search = async (question) => {
    const folding = await load("fold");
    const terms = question.split(/\s+/).map((word) => stream(word, folding)).filter((term) => term !== "");
    results.replaceChildren();
    if (!terms.length || terms.some((term) => [...term].length < 2)) { results.textContent = results.dataset.short; return; }
    const entries = await find(terms);
    results.append(element("p", entries.length ? `${entries.length} ${results.dataset.count}` : results.dataset.none, { role: "status" }));
    const list = element("ol", "", { class: "hits" });
    results.append(list);
    await show(entries, terms, folding, await load("about"), list, 0);
  };

  const question = new URLSearchParams(location.search).get("q") ?? "";
  document.getElementById("question").value = question;
  if (question.trim()) search(question.trim()).catch(() => { results.textContent = results.dataset.failed; });
})();
