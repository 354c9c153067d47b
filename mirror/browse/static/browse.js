// Comfort only: every page works without this.
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  // ← and → turn the page, / goes to the search field.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (event.target.closest(".wide, .raw, pre, .views")) return; // there the arrows move what is seen
    if (event.key === "/") {
      const field = document.querySelector('main input[type="search"], input[type="search"]');
      if (field) { event.preventDefault(); field.focus(); }
    }
    const relation = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = relation && document.querySelector(`a[rel="${relation}"]`);
    if (link) location.href = link.href;
  });

  // How a reader likes entries shown is remembered in this browser.
  const views = document.querySelectorAll('.views input[name="view"]');
  let remembered = null;
  try { remembered = localStorage.getItem("view"); } catch { /* private mode: nothing is remembered */ }
  for (const view of views) {
    if (view.id === remembered) view.checked = true;
    view.addEventListener("change", () => { try { localStorage.setItem("view", view.id); } catch { /* as above */ } });
  }

  // A button to copy beside links and citations.
  for (const source of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = source.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = source.dataset.copied;
      setTimeout(() => { button.textContent = source.dataset.copy; }, 1500);
    });
    source.after(button);
  }

  // A field that narrows a book's contents to what it says.
  for (const tree of document.querySelectorAll("[data-filter]")) {
    const field = document.createElement("input");
    field.type = "search";
    field.className = "filter";
    field.placeholder = tree.dataset.filter;
    field.setAttribute("aria-label", tree.dataset.filter);
    const lines = [...tree.querySelectorAll("li")];
    const folds = [...tree.querySelectorAll("details")].map((fold) => [fold, fold.open]);
    field.addEventListener("input", () => {
      const wanted = field.value.replace(/\s+/g, "");
      for (const line of lines) line.hidden = wanted !== "" && !line.textContent.replace(/\s+/g, "").includes(wanted);
      for (const [fold, open] of folds) fold.open = wanted !== "" || open;
    });
    tree.prepend(field);
  }
})();
