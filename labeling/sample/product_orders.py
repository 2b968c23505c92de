"""The sample's Product orders: packaging, logos and pictures of goods."""

from __future__ import annotations

from labeling.sample.drawing.goods import bottle, coffee_pouch, jar, tea_box
from labeling.sample.drawing.graphics import logo, pattern
from labeling.sample.orders import SQUARE, Piece, SampleOrder, pixels

ORDERS = [
    SampleOrder(
        task_id="sample-product-001",
        category="Product",
        name="茶叶盒包装设计",
        brief=(
            "产品：山茶绿茶，100 克，礼盒装，主要卖给二十五到四十岁、自己喝也送人的客户。\n\n"
            "设计要求：\n1. 正面以一朵山茶花为主图，画法要工整，不要写实照片；\n"
            "2. 品名“山茶”要大、要清楚，下面一行英文 CAMELLIA GREEN TEA；\n"
            "3. 标注净含量 100 g；\n4. 颜色不超过三种，高级、安静，不要金色堆砌；\n5. 交付立体效果图，能看到正面和侧面。"
        ),
        price_usd="277.78",
        points=(
            "正面有一朵山茶花",
            "品名“山茶”清楚可读",
            "英文 CAMELLIA GREEN TEA 拼写正确",
            "标注净含量 100 g",
            "颜色不超过三种",
            "能看到正面和侧面",
        ),
        pieces=(
            Piece(
                name="茶叶盒立体效果图",
                scene=tea_box("山茶", "CAMELLIA GREEN TEA", "净含量 100 g"),
                rules={"required_text": {"must_include_verbatim": ["山茶", "CAMELLIA GREEN TEA"]}},
            ),
        ),
        references=(tea_box("云雾", "CLOUD MIST TEA", "净含量 50 g"),),
        generators=(0, 1, 2),
    ),
    SampleOrder(
        task_id="sample-product-002",
        category="Product",
        name="Key visual for a perfume",
        brief=(
            "AURELLE is a new eau de parfum: light, warm, grown up. We need the picture that opens the web shop. One bottle on a round "
            "pedestal, a large disc behind it, soft light from the left, one family of colours. The name must be readable on the "
            "label. No flowers, no water drops, no hands."
        ),
        price_usd="320.00",
        points=(
            "One bottle on a round pedestal",
            "A disc behind the bottle",
            "The name AURELLE is readable",
            "One family of colours",
            "No flowers, drops or hands",
        ),
        pieces=(
            Piece(
                name="Key visual of the bottle", scene=bottle("AURELLE", "eau de parfum"), rules={"visual_specs": {"aspect_ratio": "3:4"}}
            ),
        ),
        references=(bottle("NORDLYS", "eau de toilette"), bottle("SOLENNE", "parfum")),
        generators=(0, 2, 3),
    ),
    SampleOrder(
        task_id="sample-product-003",
        category="Product",
        name="Coffee pouches, dark and light",
        brief=(
            "Two pouches for our roastery Kestrel: the dark roast in a dark pouch, the light roast in a light one. Same label on both, so "
            "that they stand side by side on the shelf as a pair. Name large, roast and weight below, some beans at the foot.\n\n"
            "Printed on kraft film, so please no photographs and no thin lines."
        ),
        price_usd="416.67",
        points=(
            "The dark roast is dark, the light roast light",
            "Both labels are alike",
            "The name Kestrel is spelled right",
            "Roast and weight are given",
            "Coffee beans at the foot",
        ),
        pieces=(
            Piece(name="Pouch for the dark roast", scene=coffee_pouch("Kestrel", "dark roast - 250 g", True)),
            Piece(name="Pouch for the light roast", scene=coffee_pouch("Kestrel", "light roast - 250 g", False)),
        ),
        generators=(0, 1),
    ),
    SampleOrder(
        task_id="sample-product-004",
        category="Product",
        name="Logo for a bakery",
        brief=(
            "Morning Loaf is a small bakery that opens at five. The logo goes on paper bags, the shop window and a delivery bike: a simple "
            "sign above the name, two colours, readable from across the street. Line below: bakery since 1998."
        ),
        price_usd="138.89",
        points=("A simple sign above the name", "Two colours", "The name Morning Loaf is spelled right", "The line bakery since 1998"),
        pieces=(
            Piece(
                name="Logo with sign, name and line",
                scene=logo("Morning Loaf", "bakery since 1998"),
                # No picture file can show this one: it stays "not assessable".
                rules={"file_type": ["AI", "SVG", "EPS"], "visual_specs": {"aspect_ratio": "1:1"}},
            ),
        ),
        size=SQUARE,
        references=(logo("Harbour Tea", "tea room"),),
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-product-005",
        category="Product",
        name="品牌标志三种应用版本",
        brief=(
            "“晨光面包房”的标志已经确定方向，请交付三个版本：浅底彩色、深底反白、单色黑白。三个版本的图形、字体和比例必须完全一致，"
            "只有颜色不同。英文名 Dawn Bakehouse，副标题 slow bread。"
        ),
        price_usd="180.00",
        points=("交付浅底、深底、单色三个版本", "三个版本的图形一致", "英文名拼写正确", "单色版本只用黑与白"),
        pieces=(
            Piece(name="浅底彩色版", scene=logo("Dawn Bakehouse", "slow bread"), rules=pixels(SQUARE)),
            Piece(name="深底反白版", scene=logo("Dawn Bakehouse", "slow bread", "dark"), rules=pixels(SQUARE)),
            Piece(name="单色黑白版", scene=logo("Dawn Bakehouse", "slow bread", "mono"), rules=pixels(SQUARE)),
        ),
        size=SQUARE,
        generators=(0, 3),
    ),
    SampleOrder(
        task_id="sample-product-006",
        category="Product",
        name="Cut out for the web shop",
        brief=(
            "Please cut out the jar from the attached photo for our web shop: pure white background, a soft shadow below, nothing else "
            "on the picture. Colours and label of the jar must stay exactly as they are, customers complain otherwise."
        ),
        price_usd="6.94",
        points=("Pure white background", "A soft shadow below the jar", "Jar and label are unchanged", "Nothing else on the picture"),
        pieces=(Piece(name="The jar on white", scene=jar("Wild Honey", "spring harvest", True), rules=pixels(SQUARE)),),
        size=SQUARE,
        source=jar("Wild Honey", "spring harvest", False),
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-product-007",
        category="Product",
        name="面霜主图设计",
        brief=(
            "电商主图，一罐面霜放在浅色台面上，整体干净、温润。罐身标签写品名 Lumi Cream，下面一行 ceramide repair。"
            "不要促销文字，不要模特，不要水花。"
        ),
        price_usd="69.44",
        points=("画面主体为一罐面霜", "品名 Lumi Cream 拼写正确", "标签有 ceramide repair", "没有促销文字"),
        pieces=(Piece(name="面霜电商主图", scene=jar("Lumi Cream", "ceramide repair"), rules=pixels(SQUARE)),),
        size=SQUARE,
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-product-008",
        category="Product",
        name="Honey label, Portuguese market",
        brief=(
            "Label for a 500 g jar of honey: name Mel da Serra, line below colheita 2027. Show it on the jar. Warm, rural, not childish; "
            "a small flower above the name. Dark lid."
        ),
        price_usd="97.22",
        points=("The name Mel da Serra is spelled right", "The line colheita 2027", "A small flower above the name", "A dark lid"),
        pieces=(
            Piece(
                name="Jar with the label",
                scene=jar("Mel da Serra", "colheita 2027"),
                rules={"visual_specs": {"dimensions": {"min_width": 700, "min_height": 700}}},
            ),
        ),
        size=SQUARE,
        generators=(0, 1, 2),
    ),
    SampleOrder(
        task_id="sample-product-009",
        category="Product",
        name="丝巾图案设计",
        brief="九十厘米方巾的图案：重复的小花，疏密有致，四周有边框。配色复古，四种颜色以内。图案要能对折，左右不必对称，但边框必须完整闭合。",
        price_usd="208.33",
        points=("重复的小花图案", "四周有完整的边框", "颜色不超过四种", "配色复古"),
        pieces=(Piece(name="方巾图案", scene=pattern, rules={"visual_specs": {"aspect_ratio": "1:1", "resolution": {"min_dpi": 300}}}),),
        size=SQUARE,
        references=(pattern,),
        generators=(0, 1, 3),
    ),
]
