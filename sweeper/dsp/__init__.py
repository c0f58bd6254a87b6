"""Pure signal mathematics on numpy arrays: no record, file, clock or thread."""
