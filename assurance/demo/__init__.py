"""Demo data for the sandbox: made by calling actions along the sandbox clock, never by setting states."""
