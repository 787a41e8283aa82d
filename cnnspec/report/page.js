// Without this the page shows every row; with it rows can be searched and hidden by verdict.
const form = document.getElementById("filter");
const rows = [...document.querySelectorAll("#tallies tbody tr")];
function show() {
  const words = document.getElementById("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set([...form.querySelectorAll("input:checked")].map((box) => box.value));
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.has(row.dataset.verdict) || !words.every((word) => text.includes(word));
  }
}
form.hidden = false;
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
