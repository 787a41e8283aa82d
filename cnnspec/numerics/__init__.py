"""When is a floating-point answer right: exactness conditions and derived error bounds."""
