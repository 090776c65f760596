"""What stands around the audit chain: its second sink, its anchors, and refusals told together."""
