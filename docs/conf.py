"""The documentation: MyST pages, notebooks, and a reference that is generated from the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import cijob_analysis  # noqa: E402

project = "cijob-analysis"
author = "the maintainers of cijob-analysis"
version = release = cijob_analysis.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "make_reference"]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

html_theme = "pydata_sphinx_theme"
html_title = "cijob-analysis"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": [],
    "footer_end": [],
}

html_sidebars = {"**": ["globaltoc.html"], "index": []}

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Notebooks are stored without outputs: `make docs` runs them, a test of the pages does not.
nb_execution_mode = os.environ.get("CIJOB_DOCS_EXECUTE", "off")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
napoleon_use_ivar = True
