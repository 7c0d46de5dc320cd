"""The map as a page: one HTML file to zoom, pan, search and select in, offline.

What is drawn, it draws by itself on a plain canvas, point by point: neither WebGL nor a graphics card is needed. Small pictures lie in the page as
JPEG files of up to 1,024 each, in the order of the places on the map, so that a part of the map needs few of them.
"""

from vitreous.retrieval.map.page.assembling import is_map_page, page_of

__all__ = ["is_map_page", "page_of"]
