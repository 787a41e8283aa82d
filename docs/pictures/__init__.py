"""The pictures of the site, drawn from the arithmetic of the package when the site is built."""
