"""From columns of text to fields of the record: cells, headers, column mappings, and the fields of messages."""
