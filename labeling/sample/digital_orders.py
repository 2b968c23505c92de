"""The sample's Digital orders: posters, a calendar of twelve, an icon, banners, stickers."""

from __future__ import annotations

from pathlib import Path

from labeling.sample.drawing.graphics import app_icon, banner, tile_poster
from labeling.sample.drawing.landscapes import book_cover, calendar_page, travel_poster
from labeling.sample.drawing.people import mascot
from labeling.sample.orders import SQUARE, WIDE, Piece, SampleOrder, pixels

CALENDAR_BRIEF = (Path(__file__).parent / "calendar_brief.txt").read_text(encoding="utf-8")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
STICKERS = {"happy": "开心", "sleepy": "困了", "surprised": "惊讶", "love": "喜欢"}

ORDERS = [
    SampleOrder(
        task_id="sample-digital-001",
        category="Digital",
        name="Poster for a jazz festival",
        brief=(
            "Poster for JAZZ NIGHTS, four evenings at the harbour. No saxophones, no musicians, no smoke: we want geometry that "
            "swings. A grid of shapes above, the name large below it, then three lines:\n\n"
            "12-15 June 2027\nHarbour Hall - doors 19:30\nTickets at the door\n\n"
            "Four or five flat colours. It hangs in the underground, so the name has to be readable from ten metres."
        ),
        price_usd="250.00",
        points=(
            "Geometric shapes, no instruments or people",
            "The name JAZZ NIGHTS is large and spelled right",
            "All three lines are there",
            "Flat colours, five at most",
            "Readable from a distance",
        ),
        pieces=(
            Piece(
                name="Festival poster",
                scene=tile_poster("JAZZ NIGHTS", ("12-15 June 2027", "Harbour Hall - doors 19:30", "Tickets at the door")),
                rules={
                    "visual_specs": {"aspect_ratio": "3:4"},
                    "required_text": {"must_include_verbatim": ["JAZZ NIGHTS", "12-15 June 2027"]},
                },
            ),
        ),
        references=(tile_poster("OPEN AIR", ("2024", "Old Port")), tile_poster("BLUE ROOM", ("every Friday", "from 21:00"))),
        generators=(0, 1, 2),
    ),
    SampleOrder(
        task_id="sample-digital-002",
        category="Digital",
        name="Travel poster for a mountain railway",
        brief=(
            "The slow train to Yunshan needs a poster in the manner of the old railway posters: layered mountains, one sun, calm "
            "colours, a thin frame. Title YUNSHAN, below it: Slow trains to the high valleys."
        ),
        price_usd="180.32",
        points=(
            "Layered mountains and one sun",
            "A thin frame",
            "The title YUNSHAN is spelled right",
            "The line below the title",
            "Calm colours",
        ),
        pieces=(
            Piece(
                name="Railway poster",
                scene=travel_poster("YUNSHAN", "Slow trains to the high valleys"),
                rules={"visual_specs": {"dimensions": {"min_width": 600, "min_height": 800}}},
            ),
        ),
        references=(travel_poster("SERRA ALTA", "by night train"),),
        generators=(0, 1, 2),
    ),
    SampleOrder(
        task_id="sample-digital-003",
        category="Digital",
        name="二〇二七年挂历插画十二张",
        brief=CALENDAR_BRIEF,
        price_usd="1250.00",
        points=(
            "十二张风格统一，像一套",
            "每张上方为层叠的山景",
            "每张下方为当月日历",
            "英文月份拼写正确",
            "日期与二〇二七年一致",
            "周末的日期用偏红的颜色",
            "季节不看数字也能认出",
            "太阳没有被遮挡",
            "没有人物、动物和车辆",
            "没有多余的文字",
        ),
        pieces=tuple(
            Piece(name=f"{number} 月", scene=calendar_page(number, name), rules={"visual_specs": {"aspect_ratio": "3:4"}})
            for number, name in enumerate(MONTHS, start=1)
        ),
        size=(600, 800),
        references=(travel_poster("ALBA", "first light"), travel_poster("SILVA", "the long way")),
        generators=(0,),
    ),
    SampleOrder(
        task_id="sample-digital-004",
        category="Digital",
        name="App icon for a weather app",
        brief=(
            "Icon for a small weather app: a cloud in front of a sun on a square with round corners. Friendly, simple, recognisable at the "
            "size of a fingernail. No letters. Exactly 760 by 760 pixels, the store refuses everything else."
        ),
        price_usd="83.33",
        points=("A cloud in front of a sun", "A square with round corners", "No letters", "Recognisable when small"),
        pieces=(Piece(name="App icon", scene=app_icon, rules={"file_type": ["JPG", "PNG"], **pixels(SQUARE)}),),
        size=SQUARE,
        generators=(0, 2, 3),
    ),
    SampleOrder(
        task_id="sample-digital-005",
        category="Digital",
        name="春季促销横幅三张",
        brief=(
            "网店春季促销，需要三张同一风格的横幅：满减、包邮、新品。左边是标题和按钮，右边是圆形的优惠信息。三张的版式和字体一致，"
            "颜色可以不同但要像一套。英文内容按附件，不能改动。"
        ),
        price_usd="125.00",
        points=("三张横幅版式一致", "英文内容拼写正确", "每张都有按钮", "优惠信息清楚"),
        pieces=(
            Piece(name="满减横幅", scene=banner("Spring refresh", "-30%", "Shop now"), rules=pixels(WIDE)),
            Piece(name="包邮横幅", scene=banner("Free delivery", "0.00", "See how"), rules=pixels(WIDE)),
            Piece(name="新品横幅", scene=banner("New arrivals", "NEW", "Discover"), rules=pixels(WIDE)),
        ),
        size=WIDE,
        generators=(0, 1),
    ),
    SampleOrder(
        task_id="sample-digital-006",
        category="Digital",
        name="Book cover, a quiet novel",
        brief=(
            "Cover for The Lamp Keeper by Mira Halloran. A small house with one lit window under a very large moon; hills, stars, nothing "
            "else. It should feel lonely and safe at the same time. Title above, author below."
        ),
        price_usd="220.00",
        points=("A small house with one lit window", "A very large moon", "Title and author are spelled right", "Quiet mood"),
        pieces=(
            Piece(
                name="Front cover", scene=book_cover("The Lamp Keeper", "Mira Halloran"), rules={"visual_specs": {"aspect_ratio": "2:3"}}
            ),
        ),
        size=(600, 900),
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-digital-007",
        category="Digital",
        name="聊天表情四张",
        brief="为儿童阅读社区设计一个圆滚滚的小熊形象，四张聊天表情：开心、困了、惊讶、喜欢。必须是同一只小熊，颜色和比例一致，白色描边，表情一眼能看懂。",
        price_usd="166.67",
        points=("四张为同一个形象", "颜色和比例一致", "有白色描边", "开心、困了、惊讶、喜欢各一张", "表情清楚"),
        pieces=tuple(
            Piece(name=name, scene=mascot(mood), rules={"visual_specs": {"aspect_ratio": "1:1"}}) for mood, name in STICKERS.items()
        ),
        size=(600, 600),
        generators=(1, 3),
    ),
    SampleOrder(
        task_id="sample-digital-008",
        category="Digital",
        name="New date on last year's poster",
        brief=(
            "Please change only the date on last year's poster: 8-11 June 2026 becomes 10-13 June 2027. Shapes, colours, name and the "
            "other lines have to stay exactly as they are, the sponsors have approved them."
        ),
        price_usd="22.00",
        points=("The date reads 10-13 June 2027", "Shapes and colours are unchanged", "Name and other lines are unchanged"),
        pieces=(
            Piece(
                name="Poster with the new date",
                scene=tile_poster("CHORAL", ("10-13 June 2027", "St Anne's Church", "Free entry"), seeded=True),
                rules={"required_text": {"must_include_verbatim": ["10-13 June 2027"]}},
            ),
        ),
        source=tile_poster("CHORAL", ("8-11 June 2026", "St Anne's Church", "Free entry"), seeded=True),
        generators=(0, 1, 3),
    ),
]
