/* A slider and its number say the same; the form works without this file. */
(() => {
  "use strict";
  document.querySelectorAll("form[data-mirror]").forEach((form) => {
    form.addEventListener("input", (event) => {
      const own = event.target;
      if (own.dataset.for) document.getElementById(own.dataset.for).value = own.value;
      else form.querySelectorAll(`[data-for="${own.id}"]`).forEach((slider) => { slider.value = own.value; });
    }, true);
  });
})();
