"""The ledger and what is asked of it: reservations, balances, rules, grants, reports, exports, the audit."""
