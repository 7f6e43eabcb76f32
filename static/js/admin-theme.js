/* The admin follows the appearance chosen in the product, before anything is painted. */
document.documentElement.dataset.theme = document.querySelector('meta[name="guanxi-theme"]').content;
