"""The markup of annotations: what a curator may write, and nothing that acts.

Browsers show this text within the museum's own pages, so it is cut down to a short fixed list of tags before it is
kept: no scripts, styles, images, forms, no attributes but links and languages.
"""

from __future__ import annotations

import nh3

TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "cite",
        "em",
        "i",
        "li",
        "ol",
        "p",
        "q",
        "span",
        "strong",
        "sub",
        "sup",
        "ul",
    }
)
ATTRIBUTES = {"a": {"href", "hreflang"}, "abbr": {"title"}, "*": {"lang"}}
SCHEMES = frozenset({"https", "http", "mailto"})


def sanitise(markup: str) -> str:
    """`markup` with only the tags, attributes and link schemes above; text is kept, scripts are dropped whole.

    Doing it twice changes nothing.

    >>> sanitise('<p onclick="x()">Worn <img src=x onerror=y()><b>steps</b><script>z()</script></p>')
    '<p>Worn <b>steps</b></p>'
    >>> sanitise('<a href="javascript:x()">a</a> &lt; <a href="https://example.org/">b</a>')
    '<a rel="noopener noreferrer nofollow">a</a> &lt; <a href="https://example.org/" rel="noopener noreferrer nofollow">b</a>'
    """  # noqa: E501 a doctest's answer is one line
    return nh3.clean(
        markup,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer nofollow",
        clean_content_tags={"script", "style"},
        strip_comments=True,
    )
