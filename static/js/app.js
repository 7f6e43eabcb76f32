/* The shell's small conveniences. Every page works without this file. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add("js");

  // Filters stand open; where they would push the list off the screen they fold.
  if (matchMedia("(max-width: 1179px)").matches) $$("details[data-fold-narrow]").forEach((part) => { part.open = false; });

  // Appearance: change at once, tell the server in the background.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".theme-form");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const theme = event.submitter.value;
    const body = new FormData(form);
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, headers: { "X-Theme": "1" } }).catch(() => form.submit());
    root.dataset.theme = theme;
    $$("button[name=theme]", form).forEach((b) => b.setAttribute("aria-pressed", String(b.value === theme)));
  });

  // A double click must not send a form twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });

  // Forms that apply themselves when a choice changes (their button stays for everybody else).
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-auto")) form.requestSubmit();
  });

  // Menus close on a click elsewhere and on Escape.
  document.addEventListener("click", (event) => {
    $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Select a whole page of rows: [data-select-all] governs the checkboxes named in it.
  const countSelected = (name) => {
    const boxes = $$(`input[type=checkbox][name="${name}"]`);
    const chosen = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => box.closest("tr")?.classList.toggle("is-selected", box.checked));
    $$("[data-selected-count]").forEach((place) => { place.textContent = String(chosen); });
    $$(`[data-select-all="${name}"]`).forEach((all) => {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    });
    $$("[data-needs-selection]").forEach((part) => {
      const exactly = Number(part.dataset.needsSelection);
      part.disabled = exactly ? chosen !== exactly : chosen === 0;
    });
  };
  document.addEventListener("change", (event) => {
    const all = event.target.dataset?.selectAll;
    if (all) $$(`input[type=checkbox][name="${all}"]`).forEach((box) => { box.checked = event.target.checked; });
    const name = all || (event.target.type === "checkbox" && event.target.name);
    if (name && $(`[data-select-all="${name}"]`)) countSelected(name);
  });
  $$("[data-select-all]").forEach((all) => { all.hidden = false; countSelected(all.dataset.selectAll); });

  // A table wider than its card scrolls inside it; the others let their head stick to the page.
  const fitTables = () => $$(".table-wrap").forEach((wrap) => {
    wrap.classList.remove("scrolls");
    const wide = wrap.scrollWidth > wrap.clientWidth + 1;
    wrap.classList.toggle("scrolls", wide);
    if (wide) wrap.tabIndex = 0; else wrap.removeAttribute("tabindex");  // reachable by keyboard where it scrolls
  });
  // A drawing squeezed into a narrow place keeps its words readable: four steps of larger text.
  const fitCharts = () => $$(".chart > svg[viewBox]").forEach((svg) => {
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    const step = !scale || scale >= 0.85 ? "" : scale >= 0.62 ? "fit-1" : scale >= 0.48 ? "fit-2" : scale >= 0.34 ? "fit-3" : "fit-4";
    svg.classList.remove("fit-1", "fit-2", "fit-3", "fit-4");
    if (step) svg.classList.add(step);
  });
  const fit = () => { fitTables(); fitCharts(); };
  fit();
  addEventListener("resize", fit);
  document.addEventListener("htmx:afterSettle", fit);
  document.addEventListener("htmx:afterSettle", () => $$("[data-select-all]").forEach((all) => countSelected(all.dataset.selectAll)));

  // Keyboard: never inside a field, never while an input method is composing Chinese.
  const keys = $("#keys");
  const showKeys = () => keys?.showModal();
  $$("[data-keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => { button.closest("details")?.removeAttribute("open"); showKeys(); });
  });
  const places = {};
  $$("dl.keys dt").forEach((term) => {
    const caps = $$("kbd", term).map((k) => k.textContent);
    if (caps[0] === "g" && caps[1]) places[caps[1]] = term.dataset.href;
  });
  const rows = () => $$("table tbody tr").filter((row) => $("a", row) && row.offsetParent);
  const moveRow = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step))];
    $("a", next).focus();
    next.scrollIntoView({ block: "nearest" });
  };
  // A row may bind letters to its own buttons: [data-key="e"] in the row, or in the panel below it.
  const pressed = (key) => {
    const place = document.activeElement?.closest("tbody");
    const part = place && document.activeElement !== document.body ? $(`[data-key="${CSS.escape(key)}"]`, place) : null;
    part?.click();
    return Boolean(part);
  };
  // Escape closes the panel of a row; text typed there is not thrown away by it: the first press only leaves the field.
  const closePanel = () => {
    const at = document.activeElement;
    const place = at === document.body ? $("tr.task-panel")?.closest("tbody") : at.closest("tbody");
    const close = place && $("tr.task-panel", place) && $("tr.task-open [data-key=e]", place);
    if (!close) return;
    if (at.matches("input, textarea") && at.value !== at.defaultValue) close.focus(); else close.click();
  };
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      const drawer = $("#nav-toggle");
      if (drawer?.checked) { drawer.checked = false; drawer.focus(); }
      if (!menu && !$("dialog[open]")) closePanel();
      return;
    }
    const inField = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (inField) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (Date.now() - waiting < 1200 && places[event.key]) { location.href = places[event.key]; return; }
    waiting = event.key === "g" ? Date.now() : 0;
    if (event.key === "/") { event.preventDefault(); $("#search")?.focus(); $("#search")?.select(); }
    else if (event.key === "?") { event.preventDefault(); showKeys(); }
    else if (event.key === "j") moveRow(1);
    else if (event.key === "k") moveRow(-1);
    else if (pressed(event.key)) event.preventDefault();
    else if (event.key === "x") {
      const box = $("input[type=checkbox]", document.activeElement?.closest("tr") ?? document.createElement("tr"));
      box?.click();
    } else if (document.activeElement === document.body && !event.shiftKey) {
      if (event.key === "ArrowLeft") $("a[rel=prev]")?.click();
      if (event.key === "ArrowRight") $("a[rel=next]")?.click();
    }
  });

  // htmx: a row that was exchanged keeps the keyboard where it was; a panel that opened elsewhere takes it.
  const firstField = (place) => $("[aria-invalid=true]", place) ||
    $(".task-steps :is(.tick:not([disabled]), select, textarea, input:not([type=hidden]))", place);
  const showWhole = (place) => {  // its row below the heads that stick, as much of the panel as fits
    const { top, bottom } = place.getBoundingClientRect();
    const under = parseFloat(getComputedStyle(root).scrollPaddingTop) + parseFloat(getComputedStyle(place).scrollMarginTop);
    const over = innerHeight - ($(".bulk")?.offsetHeight ?? 0);
    if (top < under || bottom > over) place.scrollIntoView({ block: "start" });
  };
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const place = document.activeElement?.closest?.("tbody[id]");
    held = place ? [place.id, document.activeElement.id] : held;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const same = held?.[1] && document.getElementById(held[1]);
    if (same) same.focus();
    if (!held || document.activeElement !== document.body) return;
    const place = document.getElementById(held[0]);
    const open = $("tr.task-panel")?.closest("tbody");
    const next = (open && firstField(open)) || (place && ($("td.steps a", place) || $("a", place)));
    next?.focus({ preventScroll: Boolean(open) });
    if (open) showWhole(open);
  });

  // htmx: a session that ended shows the sign-in page as a page, and a failure says so.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseURL?.includes("/accounts/login/")) { event.detail.shouldSwap = false; location.reload(); }
  });
  const failed = () => { const note = $("#request-failed"); if (note) note.hidden = false; };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
})();
