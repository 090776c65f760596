"""Generated hostile answers of gateways, against an oracle that shares no code with what it judges."""
