"""Talks with gateways, in three steps: claim (an action), call (outside any transaction), record (an action).

Each may be killed anywhere and repeated by anybody: what was claimed is first asked for, under the key that the claim
stored.
"""
