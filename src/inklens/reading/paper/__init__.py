"""The page itself: its ink, and what is printed on it: ruling, boxes, a grid."""
