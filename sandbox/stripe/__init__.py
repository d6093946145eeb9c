"""A stand-in of the parts of Stripe that the platform uses. Nothing here is real; it never calls Stripe."""
