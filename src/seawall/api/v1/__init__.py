"""The API, version 1: figures of the ledger for programs, read only; names that are published stay."""
