"""Care for the borrower: grants, quiet in doubt, the due-date clock, messages, complaints."""
