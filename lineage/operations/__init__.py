"""What people say about the graph: that something is bad, that an edge is wrong, that they want to see more."""

from lineage.operations.access import answer_question, ask_for_access
from lineage.operations.glass import break_lineage_glass
from lineage.operations.recalls import clear_recall, recall_node, waive_recall
from lineage.operations.retractions import restore_edge, retract_edge

__all__ = [
    "answer_question",
    "ask_for_access",
    "break_lineage_glass",
    "clear_recall",
    "recall_node",
    "restore_edge",
    "retract_edge",
    "waive_recall",
]
