"""Reports: the result of a run as plain data, and its faces for people and for machines."""
