"""How large a statement file and its parts may be. A real one is far below; beyond, something is wrong or hostile."""

from core.money import MAX_MINOR

MOST_BOOKINGS = 200_000
"""Of one file."""

MOST_STATEMENTS = 10_000
"""Of one file."""

MOST_DETAILS = 10_000
"""Of one batch entry."""

MOST_BYTES = 1 << 30
"""Of one file."""

MOST_PIECE_BYTES = 1 << 20
"""Of XML in which no element begins or ends."""

MOST_DEPTH = 40
"""Of elements inside elements; camt.053 needs about fifteen."""

LONGEST_LINE_BYTES = 10_000
"""Of a file of text lines."""

MOST_FIELD_LINES = 100
"""Of one field of MT940; the standard has six."""

LONGEST_INFORMATION = 20_000
"""Characters of all that one booking or one element says, before it is taken apart."""

LONGEST_REMITTANCE = 5_000
"""Characters of what the payer wrote."""

LONGEST_TEXT = 500
"""Characters of a name, a reference or an account."""

LARGEST_BOOKING_MINOR = MAX_MINOR
LARGEST_BALANCE_MINOR = 10**17
MOST_NAMES = 1_000
"""Of elements and attributes in one XML file; camt.053 knows about five hundred."""

MOST_NODES = 5_000
"""Elements of one entry, without the details of a batch, or of one such detail."""
