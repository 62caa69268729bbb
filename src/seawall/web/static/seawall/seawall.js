// Keys, the side panel and forms that answer at once. Everything also works without this file, by links and buttons.
"use strict";

const NEXT_KEY_MS = 900;

function typing(target) {
  return target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;
}

function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.classList.contains("is-here"));
  const next = here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by));
  all.forEach((row, k) => row.classList.toggle("is-here", k === next));
  const link = all[next].querySelector("a[href]");
  if (link) link.focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
}

let afterG = 0;

// The box in the bar is the palette: Ctrl+K opens it, arrows walk what it found.
function palette(event) {
  const box = document.getElementById("search");
  if (!box) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    box.focus();
    box.select();
    return;
  }
  const found = [...document.querySelectorAll("#found a")];
  const here = found.indexOf(document.activeElement);
  if (!found.length || (here < 0 && document.activeElement !== box)) return;
  if (event.key === "Escape") {
    document.getElementById("found").replaceChildren();
    box.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = here + (event.key === "ArrowDown" ? 1 : -1);
    (next < 0 ? box : found[Math.min(next, found.length - 1)]).focus();
  }
}

document.addEventListener("keydown", palette);

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (Date.now() - afterG < NEXT_KEY_MS) {
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    afterG = 0;
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  const act = {
    "/": () => document.getElementById("search")?.focus(),
    "?": () => open("keys"),
    g: () => { afterG = Date.now(); },
    j: () => step(1),
    k: () => step(-1),
    Enter: () => document.querySelector(".is-here a[href]")?.click(),
    c: () => document.querySelector(".is-here [data-key=c]")?.click(),
    n: () => document.querySelector('[data-key="n"]')?.click(),
    t: () => document.querySelector('[data-key="t"]')?.click(),
  }[event.key];
  if (!act || (event.key === "Enter" && typing(event.target))) return;
  if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;
  event.preventDefault();
  act();
}

document.addEventListener("keydown", keyed);

// A list that is worked off: the first row that one key can confirm is at hand, and after it the next one.
if (document.querySelector("[data-start]")) {
  const first = rows().findIndex((row) => row.querySelector("[data-key=c]"));
  for (let k = 0; k <= Math.max(0, first); k += 1) step(1);
}

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  const opener = event.target.closest("[data-open]");
  if (opener) open(opener.dataset.open);
  if (event.target instanceof HTMLDialogElement) event.target.close();
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const found = document.getElementById("found");
  if (found && !event.target.closest(".sw-search")) found.replaceChildren();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form && event.target.checkValidity()) form.requestSubmit();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel-body") open("panel");
});

// Errors come back as pages in words; a panel shows them too instead of staying empty.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.target.id === "panel-body") event.detail.shouldSwap = true;
});
