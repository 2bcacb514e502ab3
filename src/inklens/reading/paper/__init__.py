"""A photo as a page: its ink, and what is printed on it: ruled lines, boxes, a grid."""
