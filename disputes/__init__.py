"""Claims, proposals, arbitration and decisions will live here; nothing is built yet."""
