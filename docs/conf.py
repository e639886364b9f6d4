"""How the site is built: `make docs`. Every cell and every picture is run; a warning ends the build."""

from importlib.metadata import version as installed
from pathlib import Path

from sphinx_gallery.scrapers import figure_rst

project = "nestimate"
author = "the nestimate maintainers"
copyright = author  # noqa: A001
version = release = installed("nestimate")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "gallery_src", "gallery/*.ipynb", "gallery/*.py", "gallery/*.zip"]
suppress_warnings = ["config.cache"]

# Cells are run at each build, one kernel a page; what a cell raises ends the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3

autosummary_generate = True
numpydoc_show_class_members = False
autodoc_typehints = "none"


def shown(block, block_vars, gallery_conf):
    """Save the `figure` that a block makes: figures of nestimate are none of pyplot's."""
    figure = block_vars["example_globals"].pop("figure", None)
    if figure is None:
        return ""
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=120)
    return figure_rst([path], gallery_conf["src_dir"])


sphinx_gallery_conf = {
    "examples_dirs": "gallery_src",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "image_scrapers": (shown,),
    "within_subsection_order": "FileNameSortKey",
    "write_computation_times": False,
    "download_all_examples": False,
    "show_signature": False,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "min_reported_time": 1000,
}

highlight_language = "none"  # blocks that name no language are commands
html_theme = "pydata_sphinx_theme"
html_title = "nestimate"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
# Only designs and figures have neighbours to list beside the page.
html_sidebars = {
    page.stem: [] for page in Path(__file__).parent.glob("*.md") if page.stem != "two-factors"
} | {"coming-from/*": []}
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 5,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "nestimate"},
    "show_prev_next": True,
}
