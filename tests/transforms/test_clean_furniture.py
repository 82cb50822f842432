"""What is not the article leaves it; what is, however much it looks like furniture, stays."""

from __future__ import annotations

import pytest

from transforms.article import Article
from transforms.clean import clean
from transforms.clean.furniture import is_closed, is_headline, own_staff, sweep

BODY = "The parliament voted on Tuesday to send the bill back to the committee, to be discussed again by all of them."
MORE = "Members of the opposition said that the vote had come too late and that nobody had read the whole text of it."


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "ADVERTISEMENT:",
        "Advertisement Advertisement",
        "Sponsored content",
        "Story continues below advertisement",
        "Article continues after this ad",
        "Scroll to continue with content",
        "Continue reading",
        "Skip to main content",
        "No stories found.",
        "Loading…",
        "Share this article",
        "Share on Facebook",
        "Print this page",
        "Copy link",
        "Slideshow (12 Images)",
        "Leave a comment",
        "View all 12 comments",
        "Comments (12)",
        "Join the conversation",
        "Sign in",
        "Subscribe now",
        "Also Read: Fire in the hills spreads to the town",
        "READ MORE: Senate votes again",
        "Related: What we know so far",
        "More:Senate votes down the plan",
        "WATCH: Lawmakers leave the building",
        "See also | The whole timeline",
        "Click here to read the whole report.",
        "Tap here for our app",
        "Sign up for our daily newsletter and get it all.",
        "Sign up to receive the morning briefing in your inbox.",
        "Subscribe to our YouTube channel.",
        "Subscribe to The Bell for unlimited access",
        "Get the latest news delivered to your inbox",
        "Follow us on Twitter and Facebook",
        "Follow Jane Roe on Twitter: @janeroe",
        "Like us on Facebook.",
        "Stay tuned to The Daily Bell for live updates.",
        "Listen to our podcast on any device.",
        "Download the Bell app for iOS.",
        "By signing up you agree to our privacy policy.",
        "For more news from the region, visit our website.",
        "For the latest headlines, follow our Google News channel",
        "This website uses cookies to improve your visit.",
        "Please enable JavaScript to view comments.",
        "All rights reserved.",
        "Your browser does not support the video tag.",
        "Have a tip? Write to us.",
        "Send tips to desk@example.org.",
        "The post Bill goes back first appeared on The Daily Bell.",
        "This article is more than 3 years old",
    ],
)
def test_furniture_goes(line: str) -> None:
    assert clean(Article(text=f"{BODY}\n{line}\n{MORE}", title="t")).text == f"{BODY}\n\n{MORE}"


@pytest.mark.parametrize(
    "line",
    [
        "Source: India Today",
        "(With contributions from ANI)",
        "(With inputs from agencies)",
        "© 2024 Reuters",
        "Copyright 2024 The Associated Press. All rights reserved.",
        "(Reporting by Jane Roe; Editing by John Doe)",
        "The Associated Press contributed to this report.",
        "Contributing: Jane Roe",
        "This article first appeared in The Bell.",
        "WASHINGTON (AP) — The vote was put off on Tuesday.",
        "By Jane Roe, CNN",
        "Warning on support for the plan",
        "“Read more, write less,” she told the class.",
        "Watch: it is the word of the year, he said.",
        "Ad hoc groups met in the hall.",
        "More than 300 people were there.",
        "Follow the money, he said, and you will find us.",
        "Share prices fell by 3 percent.",
        "Related parties must register, the court said.",
        "Sign language was used in the chamber.",
        "Like us, they were late.",
        "For more than a year, news of the deal had been kept from the house.",
        "Subscribers left in their thousands.",
        "Get out, he told the crowd, or go to jail.",
        "Join the army or leave, the leader said on state television.",
        "The post he holds first appeared on nobody's list.",
        "You may like it or not, it is the law.",
        "Click",
        "Read the ruling, the judge said; then write about it in the newspaper.",
        "Top officials were there.",
        "The committee will follow up on Facebook's answer to the letter that members wrote in spring.",
    ],
)
def test_the_article_stays(line: str) -> None:
    assert clean(Article(text=f"{BODY}\n{line}\n{MORE}", title="t")).text == f"{BODY}\n\n{line}\n\n{MORE}"


def test_a_list_of_other_stories_goes_with_its_label_and_the_body_resumes() -> None:
    lines = [BODY, "Also Read", "Fire in the hills spreads to the town", "Is the bridge over the river safe?",
             MORE, "Read more:", "Why the bridge was never safe", "How the U.S. built it", BODY]  # fmt: skip
    assert sweep(lines).lines == [BODY, MORE, BODY]


def test_a_list_ends_at_a_credit_a_name_and_a_subhead() -> None:
    lines = ["Read more:", "Why the bridge was never safe", "Contributing: Jane Roe", "Why the bridge stood so long",
             "Related stories", "A bridge too far for the town", "Jane Roe", "More on this story",
             "What the engineers had warned of", "War or peace?", BODY]  # fmt: skip
    assert sweep(lines).lines == [
        "Contributing: Jane Roe",
        "Why the bridge stood so long",
        "Jane Roe",
        "War or peace?",
        BODY,
    ]


def test_a_list_takes_six_lines_at_most() -> None:
    headlines = [f"Headline number {number} of the day" for number in range(8)]
    assert sweep(["Most read", *headlines]).lines == headlines[6:]


def test_watch_and_more_are_labels_only_with_a_colon() -> None:
    assert sweep(
        ["Watch", "The people in the street below", "more", "Other words that stand alone"]
    ).lines == [
        "Watch",
        "The people in the street below",
        "more",
        "Other words that stand alone",
    ]
    assert sweep(["WATCH:", "The people in the street below", "It is over."]).lines == ["It is over."]


@pytest.mark.parametrize(
    ("line", "outlet"),
    [
        ("Stay connected to The Daily Bell on Instagram, Facebook and Koo.", "The Daily Bell"),
        ("Stay connected with us on Instagram and Facebook.", None),
        (
            "For the latest news, weather, sports, and streaming video, head to The Daily Bell.",
            "The Daily Bell",
        ),
        ("For latest news go to Bell Online", "Bell Online"),
        ("For the latest news, head to our website.", None),
        ("The post Bill goes back to the committee appeared first on The Daily Bell.", "The Daily Bell"),
        ("Follow Jane Roe on Twitter.", None),
        ("CNN’s Jane Roe contributed reporting.", "CNN"),
        ("The Bell's Jane Roe and John Doe contributed to this report.", "Bell"),
        ("The Daily Bell's Jane Roe, Ann Lee and John Doe contributed to this story", "The Daily Bell"),
        ("Fox News' Jane Roe and The Associated Press contributed to this report.", "Fox News"),
        ("CNN’s Newsroom contributed reporting.", None),
        ("CNN’s Jane Roe and the BBC’s John Doe contributed to this report.", None),
        ("Jane Roe contributed reporting.", None),
        ("The Associated Press contributed to this report.", None),
        ("Tuesday’s vote contributed to this report.", None),
        (f"CNN’s Jane Roe contributed reporting, and so did {'many ' * 90}.", None),
    ],
)
def test_furniture_may_name_the_outlet(line: str, outlet: str | None) -> None:
    assert clean(Article(text=f"Bill goes back to the committee\n{BODY}\n{MORE}\n{line}")).outlet == outlet


def test_own_staff_are_thanked_at_the_end_or_not_at_all() -> None:
    assert own_staff(["CNN’s Jane Roe contributed reporting.", BODY, MORE, BODY, MORE]) is None
    assert own_staff([]) is None


@pytest.mark.parametrize(
    ("line", "closed", "headline"),
    [
        ("Bill goes back to the committee", False, True),
        ("Bill goes back to the U.S.", False, True),
        ("“Bill goes back,” he said.”", True, False),
        ("Is it over now?", True, True),
        ("Is it over now…", True, False),
        ("Over now", False, False),
        ("议会周二投票决定将法案退回委员会", False, True),
        ("1 2 3 4", False, False),
        ("a " * 150, False, False),
    ],
)
def test_sentences_and_headlines_are_told_apart(line: str, closed: bool, headline: bool) -> None:
    assert (is_closed(line), is_headline(line)) == (closed, headline)
