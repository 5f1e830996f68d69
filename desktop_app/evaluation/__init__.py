"""Step 5: measures on arrays of real and generated pictures, copies, a verdict (no torch, no Qt)."""

from desktop_app.evaluation.evaluate import evaluate, plan_labels
from desktop_app.evaluation.judge import Judge
from desktop_app.evaluation.report import Report, read_report

__all__ = ["Judge", "Report", "evaluate", "plan_labels", "read_report"]
