// Every element with data-lab becomes the lab of that name; a page without one loads nothing more.
for (const root of document.querySelectorAll("[data-lab]")) {
  const { start } = await import(`./${/** @type {HTMLElement} */ (root).dataset.lab}.js`);
  await start(root);
}
