"""Migrations of the schema, run by `console.store.schema`."""
