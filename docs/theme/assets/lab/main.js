// Every element with data-lab becomes the lab of that name, and the board gets its filter; other pages load no more.
for (const root of document.querySelectorAll("[data-lab]")) {
  const { start } = await import(`./${/** @type {HTMLElement} */ (root).dataset.lab}.js`);
  await start(root);
}
if (document.querySelector(".cnn-legend") && document.querySelector("table.cnn-board")) {
  (await import("./board_filter.js")).start();
}

export {};
