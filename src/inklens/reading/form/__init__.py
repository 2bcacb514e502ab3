"""Forms: named fields by region of a reference page, found on photos and scans, and read."""
