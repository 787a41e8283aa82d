// Formulas: Arithmatex leaves TeX in elements of class "arithmatex"; KaTeX draws it, in the page, from this site.
document.querySelectorAll(".arithmatex").forEach((element) =>
  renderMathInElement(element, {
    delimiters: [
      { left: "\\(", right: "\\)", display: false },
      { left: "\\[", right: "\\]", display: true },
    ],
    throwOnError: true,
  }),
);
