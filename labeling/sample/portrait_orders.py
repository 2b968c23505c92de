"""The sample's Portrait orders: edits of a client's photo."""

from __future__ import annotations

from labeling.sample.drawing.people import portrait
from labeling.sample.orders import UPRIGHT, Piece, SampleOrder, pixels

PHOTO = portrait()

ORDERS = [
    SampleOrder(
        task_id="sample-portrait-001",
        category="Portrait",
        name="ID photo on a white background",
        brief=(
            "Please turn the attached photo into an ID photo for a visa application.\n\n"
            "Plain white background, face and clothes exactly as they are. The form is checked by a machine: no shadows on the "
            "background, no retouching of the skin, and the size has to be exact."
        ),
        price_usd="5.42",
        points=("The background is plain white", "Face, hair and clothes are unchanged", "No shadow behind the head"),
        pieces=(Piece(name="ID photo on white", scene=portrait(backdrop="fbfbfc"), rules=pixels(UPRIGHT)),),
        source=PHOTO,
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-002",
        category="Portrait",
        name="职业形象照换背景",
        brief=(
            "把照片的背景换成职业形象照常用的灰蓝色渐变背景，用于公司官网的团队介绍页。\n"
            "要求：\n1. 人物的五官、发型和服装都不能变；\n2. 头发边缘要干净，不能有原来房间的颜色；\n"
            "3. 背景上浅下深，过渡自然；\n4. 不要磨皮，不要瘦脸。"
        ),
        price_usd="51.25",
        points=("背景为灰蓝色渐变", "人物五官和发型保持不变", "服装保持不变", "头发边缘干净"),
        pieces=(Piece(name="灰蓝渐变背景的职业形象照", scene=portrait(backdrop="a9bccb 6f879b")),),
        source=PHOTO,
        generators=(0, 2, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-003",
        category="Portrait",
        name="See myself with copper hair",
        brief=(
            "I want to dye my hair and would like to see it first. Make my hair copper red, a natural one, not orange. "
            "Everything else stays: the room, my jacket, my face. I will show the picture to my hairdresser."
        ),
        price_usd="36.00",
        points=("The hair is copper red", "The eyebrows still fit", "Room, face and jacket are unchanged"),
        pieces=(Piece(name="The photo with copper hair", scene=portrait(hair="a4492a"), rules={"visual_specs": {"aspect_ratio": "3:4"}}),),
        source=PHOTO,
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-004",
        category="Portrait",
        name="Rescue a dark photo",
        brief=(
            "The only photo of the evening came out far too dark. Please bring it up to normal daylight so that it can be printed "
            "at 10 by 15 cm. Natural skin, no halo around the head, nothing added."
        ),
        price_usd="28.50",
        points=("The face is clearly visible", "Skin colour looks natural", "Nothing was added or removed"),
        pieces=(Piece(name="The photo in normal light", scene=portrait(), rules={"visual_specs": {"resolution": {"min_dpi": 300}}}),),
        source=portrait(dim=True),
        generators=(0, 2, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-005",
        category="Portrait",
        name="冬日主题头像",
        brief=(
            "请把照片改成冬天的主题，做圣诞贺卡上的头像：戴一顶毛线帽，围一条同色的围巾，背景换成淡蓝色的雪天，有飘落的雪花。"
            "人要像本人，表情自然，不要卡通化。"
        ),
        price_usd="66.00",
        points=("戴毛线帽", "围同色的围巾", "背景为雪天，有雪花", "面部特征与原照片一致"),
        pieces=(Piece(name="冬日主题头像", scene=portrait(backdrop="a9c0d6 eef3f8", winter=True)),),
        source=PHOTO,
        generators=(0, 1, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-006",
        category="Portrait",
        name="One photo, two backgrounds",
        brief=(
            "I need the same photo twice: once on red for the marriage register and once on blue for my driving licence. "
            "Cut out cleanly, same position and size of the head in both, so that nobody sees they come from one photo."
        ),
        price_usd="18.90",
        points=(
            "One picture on plain red, one on plain blue",
            "The head has the same size and place in both",
            "Clean edges around the hair",
        ),
        pieces=(
            Piece(name="The photo on red", scene=portrait(backdrop="c8272d"), rules=pixels(UPRIGHT)),
            Piece(name="The photo on blue", scene=portrait(backdrop="3f8fd8"), rules=pixels(UPRIGHT)),
        ),
        source=PHOTO,
        generators=(0, 3),
    ),
    SampleOrder(
        task_id="sample-portrait-007",
        category="Portrait",
        name="Retouch for a business card",
        brief=(
            "Portrait for my new business card, light grey background, friendly and awake. I will send the photo by e-mail.\n"
            "(The photo never arrived in the system; judge by the brief alone.)"
        ),
        price_usd="41.70",
        points=("Light grey background", "Friendly, awake expression", "Head and shoulders in the middle"),
        pieces=(Piece(name="Portrait for a business card", scene=portrait(backdrop="dfe2e6 c3c8ce")),),
        source_missing=True,
        generators=(0, 1, 2),
    ),
]
