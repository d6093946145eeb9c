"""What each file of `banks/` holds, checked by eye and by adding up; or why it can't be trusted."""

READABLE = {
    "betterplace/sepa_mt9401.sta": [
        ("50880050/0194774600888", "EUR", -123471836, -123762823, 7),
        ("50880050/0194777100888", "EUR", -97049990, -145574985, 2),
        ("50880050/0194778300888", "EUR", -170929634, -223733485, 5),
        ("50880050/0194779500888", "EUR", 319267504, 424267504, 3),
        ("50880050/0194780100888", "EUR", -236882787, -309552214, 5),
        ("50880050/0194780101888", "EUR", 15297015, 20396020, 1),
        ("50880050/0194781300888", "EUR", -4043220, -10085445, 8),
        ("50880050/0194782500888", "EUR", -155249738, -230347111, 11),
        ("50880050/0194783700888", "EUR", -382947787, -501969796, 12),
        ("50880050/0194784900888", "EUR", -577758557, -884442538, 9),
        ("50880050/0194784901888", "EUR", 1399005, 2798010, 1),
        ("50880050/0194785000888", "EUR", -361251902, -511359352, 12),
        ("50880050/0194785001888", "EUR", 15297015, 20396020, 1),
        ("50880050/0194786200888", "EUR", 14596458, 23895477, 3),
        ("50880050/0194787400888", "EUR", 76665649, 112525040, 4),
        ("50880050/0194791600888", "EUR", -197043187, -447204909, 7),
        ("50880050/0194791601888", "EUR", -32491025, -39731025, 3),
        ("50880050/0194798900888", "EUR", -45000, -60000, 1),
        ("50880050/0194799000888", "EUR", -45000, -60000, 1),
        ("50880050/0194804000888", "EUR", 0, 5005, 1),
    ],
    "betterplace/with_binary_character.sta": [
        ("51230800/0000007055", "EUR", 38011577, 19992902, 3),
        ("51230800/0000007304", "EUR", 13007319, 13119319, 1),
    ],
    "cmxl/mt940.sta": [
        ("45050050/76198810", "DEM", 8434974, 8443704, 11),
        ("10020030/1234567", "EUR", 218795, 438795, 2),
        ("BPHKPLPK/320000546101", "PLN", 4000000, 5004000, 3),
    ],
    "jejik/generic.sta": [
        ("11111111", "EUR", 10000, 9000, 1),
        ("11111111", "EUR", 9000, 8000, 1),
    ],
    "jejik/rabobank-iban.sta": [
        ("NL71RABO0123456789", "EUR", 100000, 96500, 2),
        ("NL71RABO0123456789", "EUR", 96500, 93000, 2),
    ],
    "jejik/sns.sta": [
        ("0123456789", "EUR", 123456, 120956, 2),
        ("0123456789", "EUR", 120956, 120956, 0),
    ],
    "mBank/mt940.sta": [
        ("PL29114010810000267002001002", "PLN", 40, 43, 3),
    ],
    "sberbank/171011_01234945.sta": [
        ("1966315302010001", "HUF", 62731130, 61787430, 3),
    ],
    "self-provided/february_30.sta": [
        ("12345678/1020304050", "EUR", 120000, 119400, 1),
    ],
    "self-provided/transaction_details_wrapped.sta": [
        ("12345678/1020304050", "EUR", 120000, 119400, 1),
    ],
    "self-provided/wrapped_timestamp.sta": [
        ("12345678/1020304050", "EUR", 120000, 119400, 1),
    ],
}
"""File -> account, currency, opening and closing (minor units), bookings of each statement."""

REFUSED = {
    "betterplace/amount_formats.sta": ("out_of_place", 1),
    "betterplace/currency_in_25.sta": ("cut_off", 1),
    "betterplace/empty_86.sta": ("no_statement", 0),
    "betterplace/empty_entry_date.sta": ("out_of_place", 1),
    "betterplace/empty_line.sta": ("cut_off", 2),
    "betterplace/missing_crlf_at_end.sta": ("out_of_place", 1),
    "betterplace/sepa_snippet.sta": ("does_not_add_up", 55),
    "betterplace/sepa_snippet_broken.sta": ("cut_off", 6),
    "cmxl/account_balance_credit.sta": ("out_of_place", 1),
    "cmxl/account_balance_debit.sta": ("out_of_place", 1),
    "cmxl/account_identification_iban.sta": ("cut_off", 1),
    "cmxl/account_identification_legacy.sta": ("cut_off", 1),
    "cmxl/available_balance.sta": ("no_statement", 0),
    "cmxl/closing_balance.sta": ("out_of_place", 1),
    "cmxl/reference.sta": ("cut_off", 1),
    "cmxl/statement_details.sta": ("out_of_place", 1),
    "cmxl/statement_line.sta": ("out_of_place", 1),
    "cmxl/statement_number.sta": ("out_of_place", 1),
    "jejik/abnamro.sta": ("does_not_add_up", 27),
    "jejik/ing.sta": ("does_not_add_up", 26),
    "jejik/knab.sta": ("does_not_add_up", 20),
    "jejik/postfinance.sta": ("does_not_add_up", 27),
    "jejik/rabobank.sta": ("does_not_add_up", 11),
    "jejik/triodos.sta": ("does_not_add_up", 12),
    "mBank/mt942.sta": ("interim_report", 7),
    "mBank/with_newline_in_tnr.sta": ("does_not_add_up", 19),
    "self-provided/details_60-63.sta": ("does_not_add_up", 12),
    "self-provided/empty_non_swift.sta": ("no_statement", 0),
    "self-provided/gv_codes.sta": ("cut_off", 7),
    "self-provided/invalid_statement.sta": ("unknown_format", 0),
    "self-provided/long_statement_number.sta": ("wrong_field", 4),
    "self-provided/malformed_details.sta": ("does_not_add_up", 15),
    "self-provided/mt942.sta": ("interim_report", 7),
    "self-provided/overly_long_details.sta": ("does_not_add_up", 15),
    "self-provided/raiffeisen-cmi.sta": ("wrong_encoding", 14),
    "self-provided/raphaelm.sta": ("wrong_field", 27),
    "self-provided/sparkassen.sta": ("out_of_place", 1),
    "self-provided/whitespace.sta": ("does_not_add_up", 9),
}
"""File -> code, line."""

OTHER_CURRENCIES = {
    "cmxl/mt940.sta": ("currency_not_held", 4),
    "mBank/mt940.sta": ("currency_not_held", 5),
    "mBank/with_newline_in_tnr.sta": ("currency_not_held", 5),
    "sberbank/171011_01234945.sta": ("currency_not_held", 11),
    "self-provided/raiffeisen-cmi.sta": ("currency_not_held", 5),
    "self-provided/raphaelm.sta": ("currency_not_held", 13),
}
"""The same for the files whose currency the platform does not hold: they are read above only once it does."""
