"""Many orders live at once while everything under them is killed: at the end each cent is where it should be."""
