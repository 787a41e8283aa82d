"""The computed parts of the site's pages."""
