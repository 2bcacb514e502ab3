"""The site of the documentation: `make docs` builds it into build/docs, and a warning is an error."""

import importlib.metadata
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

project = "Inklens"
author = "the authors of Inklens"
release = importlib.metadata.version("inklens")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "commands"]

html_theme = "pydata_sphinx_theme"
html_title = "Inklens"
html_show_sourcelink = False
html_theme_options = {
    "navbar_center": [],  # every page is in the sidebar
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}
html_sidebars = {"**": ["globaltoc.html"]}
html_static_path = ["_static"]
html_css_files = ["site.css"]

myst_heading_anchors = 3

# `Recipe` in a docstring links to it.
default_role = "py:obj"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
# As short in signatures as in the code.
autodoc_type_aliases = {"ArrayLike": "ArrayLike", "NDArray": "NDArray"}
maximum_signature_line_length = 80
