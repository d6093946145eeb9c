// Makes pages pleasanter; every page works without it.
(() => {
  "use strict";

  const each = (root, selector, act) => root.querySelectorAll(selector).forEach(act);

  function showCopyButtons(root) {
    if (navigator.clipboard) each(root, "[data-copy][hidden]", (button) => { button.hidden = false; });
  }

  async function copy(button) {
    const word = button.querySelector(".copyable-word");
    const before = word.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    word.textContent = button.dataset.copied;
    word.setAttribute("role", "status");
    button.disabled = true;
    setTimeout(() => {
      word.textContent = before;
      word.removeAttribute("role");
      button.disabled = false;
      button.focus();
    }, 1500);
  }

  // A second click on a button that was pressed does nothing until the next page is here.
  // The server refuses the twin by its key in any case; this only spares people the doubt.
  function guardSubmit(event) {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get" || "resubmit" in form.dataset) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "yes";
    form.setAttribute("aria-busy", "true");
    const pressed = event.submitter;
    if (pressed && pressed.classList.contains("btn")) pressed.classList.add("btn-loading");
  }

  function releaseForms() {
    each(document, "form[data-sending]", (form) => {
      delete form.dataset.sending;
      form.removeAttribute("aria-busy");
      each(form, ".btn-loading", (button) => button.classList.remove("btn-loading"));
    });
  }

  function closeMenus(except) {
    each(document, "details[data-menu][open]", (menu) => {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    closeMenus(event.target.closest("details[data-menu]"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  document.addEventListener("submit", guardSubmit);
  window.addEventListener("pageshow", (event) => { if (event.persisted) releaseForms(); });

  // A refused form takes the reader to its list of errors.
  const wrong = document.querySelector("[data-focus]");
  if (wrong) wrong.focus();

  showCopyButtons(document);
  document.addEventListener("htmx:load", (event) => showCopyButtons(event.detail.elt));
})();
