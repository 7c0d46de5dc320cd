"""One package per task: targets, answers, metrics."""
