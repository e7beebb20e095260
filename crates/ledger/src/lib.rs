//! The ledger of runs in Postgres, and Postgres itself.
