"""How good answers are, and how sure that is: metrics with 95 % intervals. numpy only."""
