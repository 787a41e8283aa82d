"""Cases: fully determined calls, their one-line text form, their data, and the strategies that draw them."""
