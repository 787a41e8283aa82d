"""The commands, a file for each, under its own name: they read arguments and hand them on to :mod:`cnnspec.report`."""
