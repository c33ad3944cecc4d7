"""Notebooks: a JupyterLab server for each workspace, as a child of the pages' process that is shut off from the home.

Three processes, each trusted less: the pages, which decide; the server, which knows who is who and holds no data; the
kernels, which run what people write and reach a folder, and the pages by connections that these hand to them."""
