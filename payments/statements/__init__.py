"""Banks' statement files, read as a stream: MT940, camt.053, CSV. Pure: no database, no network."""
