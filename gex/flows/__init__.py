"""What others must trade: dealers who hedge, trend followers, leveraged funds, volatility control, and their feedback."""
