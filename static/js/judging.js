/* The questionnaire and the grid: keys and words. Both work without this file. */
(() => {
  "use strict";
  const radios = [...document.querySelectorAll(".pips input[type=radio]")];
  const chosen = document.querySelector("[data-chosen]");
  const say = (radio) => { if (chosen) chosen.textContent = radio.parentElement.querySelector(".pip-words").textContent; };
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pips input[type=radio]")) say(event.target);
    // The grid: what stands below the diagonal follows at once.
    if (event.target.matches(".grid select")) {
      const cell = event.target.closest("td"), row = cell.parentElement;
      const rows = [...row.parentElement.children];
      const mirror = rows[cell.cellIndex - 1]?.cells[rows.indexOf(row) + 1]?.querySelector(".recip");
      const text = event.target.selectedOptions[0].value === "" ? "" : event.target.selectedOptions[0].textContent;
      if (mirror) mirror.textContent = text === "" || text === "1" ? text : text.startsWith("1/") ? text.slice(2) : `1/${text}`;
    }
  });
  // Digits choose: for the left side, with Shift for the right.
  document.addEventListener("keydown", (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (!radios.length || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("input:not([type=radio]), textarea, select")) return;
    if (event.key === "Enter" && event.target.matches(".pips input")) { event.preventDefault(); event.target.form.requestSubmit(); return; }
    if (!digit) return;
    const step = (Number(digit[1]) - 1) * (event.shiftKey ? -1 : 1);
    const radio = radios.find((one) => Number(one.value) === step);
    if (!radio || radio.matches(":disabled")) return;
    event.preventDefault();
    radio.checked = true;
    radio.focus();
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
