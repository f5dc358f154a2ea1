import pytest

from scenes.annotations import sanitise


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Plain & simple", "Plain &amp; simple"),
        ("<p>Worn <em>steps</em>, <b>two</b></p>", "<p>Worn <em>steps</em>, <b>two</b></p>"),
        ('<p lang="el">Ναός</p>', '<p lang="el">Ναός</p>'),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ('<p onclick="x()" style="position:fixed" class="c">a</p>', "<p>a</p>"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("<iframe src=//example.net></iframe>a", "a"),
        ("<svg><a xlink:href='javascript:x()'>b</a></svg>c", "c"),
        ('<a href="JaVaScRiPt:x()">b</a>', '<a rel="noopener noreferrer nofollow">b</a>'),
        ('<a href="data:text/html,x">b</a>', '<a rel="noopener noreferrer nofollow">b</a>'),
        ("<form action=/x><button>b</button></form>", "b"),
        ("<!-- c -->a", "a"),
        ("<p>open", "<p>open</p>"),
        ("1 < 2", "1 &lt; 2"),
        ("<math><mtext></p><style><img src=x onerror=alert(1)></style></mtext></math>c", "c"),
    ],
)  # fmt: skip
def test_only_harmless_markup_is_left(markup, expected):
    assert sanitise(markup) == expected


def test_a_link_to_elsewhere_gives_nothing_away():
    assert sanitise('<a href="https://example.org/" target="_blank">b</a>') == (
        '<a href="https://example.org/" rel="noopener noreferrer nofollow">b</a>'
    )


@pytest.mark.parametrize(
    "markup", ["<p>a<b>c", "<<a>>", "&lt;script&gt;", "<p>&amp;amp;</p>", "<svg><p><style><a id='"]
)
def test_sanitising_twice_changes_nothing(markup):
    assert sanitise(sanitise(markup)) == sanitise(markup)
