"""Care for the borrower: grace, coupon, notice and credit-reporting hold, and the clock of due days."""
