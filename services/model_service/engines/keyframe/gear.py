"""What people carry and wear over their clothes: on the back (cape, pack, wings) and before the chest (scarf, stethoscope)."""

import math

from services.model_service.engines.keyframe.attire import Form, thickness
from services.model_service.engines.keyframe.canvas import Point, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, along, shaded
from services.model_service.engines.keyframe.skeleton import Skeleton


def draw_back(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    """Behind the figure from the front, before it from the back."""
    gear, form, k = wear.costume.gear, Form(sk), thickness(sk)
    if "wings" in gear or "fairy wings" in gear:
        _wings(pen, form, sk, wear, feathered="wings" in gear)
    if gear & {"cape", "mantle"}:
        _cape(pen, form, sk, wear)
    if "backpack" in gear:
        _backpack(pen, form, wear, k)
    if "life support" in gear:
        pen.panel([form.at(1.0, 150, 1.7), form.at(0.1, 150, 1.7)], [form.at(1.0, 210, 1.7), form.at(0.1, 210, 1.7)], wear.boots)
    if "tank" in gear:
        for a in (164, 196):
            pen.tube((form.at(0.92, a, 1.9), form.at(0.10, a, 1.9)), (0.038 * k, 0.038 * k), wear.gold)
    if "quiver" in gear:
        top, low = form.at(1.08, 215, 1.3), form.at(0.45, 160, 1.3)
        for dx in (-0.02, 0.0, 0.02):
            pen.limb((top, (top[0] + dx - 0.02, top[1] + 0.07)), (0.005, 0.009), wear.white)
        pen.tube((top, low), (0.030 * k, 0.026 * k), wear.wood)


def draw_front(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    """Over the trunk, under the head."""
    gear, form, k = wear.costume.gear, Form(sk), thickness(sk)
    front = math.cos(math.radians(sk.yaw)) > -0.12
    if "backpack" in gear and front:
        for a in (-38, 38):
            if form.seen(a):
                pen.tube(
                    [form.at(0.97, a), form.at(0.72, a, 1.02), form.at(0.42, a * 1.6, 1.02)],
                    (0.013 * k,) * 3,
                    mix(wear.accent, wear.boots, 0.4),
                )
    if gear & {"pouches", "satchel"}:
        pen.tube([form.at(0.98, -40), form.at(0.62, 4, 1.02), form.at(0.20, 50, 1.03)], (0.010 * k,) * 3, wear.boots)
        bag = form.at(0.02, 66, 1.2)
        pen.drape(
            [
                ((bag[0] - 0.03 * k, bag[1] + 0.03), 0.02 * k),
                ((bag[0] + 0.03 * k, bag[1] + 0.03), 0.02 * k),
                ((bag[0], bag[1] - 0.02), 0.034 * k),
            ],
            wear.boots,
            fall=0.02,
        )
    if "apron" in gear and front:
        own = "own apron" in gear
        cloth = wear.accent if own else mix(wear.white, wear.inner, 0.2) if wear.costume.top != "jacket" else shaded(wear.outer)
        pen.polygon(
            [form.at(0.72, -34), form.at(0.72, 34), form.at(0.30, 52), form.at(-0.6, 46), form.at(-0.6, -46), form.at(0.30, -52)],
            cloth,
        )
        pen.ribbon(form.ring(0.30, 1.03), 0.014 * k, wear.accent)
    if "stethoscope" in gear and front:
        pen.ribbon([form.at(1.03, -40), form.at(0.80, -24, 1.03), form.at(0.62, -12, 1.03)], 0.011 * k, wear.ink)
        pen.ribbon([form.at(1.03, 40), form.at(0.80, 26, 1.03), form.at(0.50, 18, 1.03)], 0.011 * k, wear.ink)
        pen.disc(form.at(0.48, 18, 1.03), 0.017 * k, wear.metal)
    if "chain" in gear and front:
        for a in range(-48, 49, 12):
            pen.disc(form.at(0.93 - 0.22 * math.cos(math.radians(a * 1.8)), a, 1.03), 0.012 * k, wear.gold)
    if "necklace" in gear and front:
        for a in range(-36, 37, 12):
            pen.disc(form.at(1.0 - 0.10 * math.cos(math.radians(a * 2.4)), a), 0.008 * k, wear.gold)
    if "beads" in gear and front:
        for a in range(-40, 41, 8):
            pen.disc(form.at(0.92 - 0.38 * math.cos(math.radians(a * 2.2)), a, 1.04), 0.012 * k, shaded(wear.boots))
    if "ribbon" in gear and front:
        for a, drop in ((-70, -0.9), (70, -1.0)):
            p = form.at(0.30, a, 1.2)
            pen.stroke(
                [form.at(0.80, a, 1.15), p, (p[0] + (0.05 if a > 0 else -0.05), p[1] + 0.16 * drop), (p[0], p[1] + 0.34 * drop)],
                0.028 * k,
                mix(wear.accent, wear.inner, 0.3),
            )


def draw_neckwear(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    """Over the neck and under the chin: scarves, shawls, mantles' collars."""
    gear, form, k = wear.costume.gear, Form(sk), thickness(sk)
    h = sk.body.height
    if "shawl" in gear:
        left, right = [form.edge(t, -1, 1.12) for t in (1.02, 0.86, 0.60)], [form.edge(t, 1, 1.12) for t in (1.02, 0.86, 0.60)]
        pen.panel(left, right, wear.accent)
        for side in (-1, 1):
            pen.line([form.edge(0.58, side, 0.9), form.edge(0.52, side, 0.86)], 0.008, wear.accent)
    if "mantle" in gear:
        for t in (1.02, 0.96, 0.90):
            pen.ribbon(form.ring(t, 1.10 + (1.02 - t) * 2), 0.036 * k, mix(wear.white, wear.inner, 0.2))
        for a in range(-75, 76, 30):
            if form.seen(a):
                pen.disc(form.at(0.94, a, 1.22), 0.006 * k, wear.ink)
    if "scarf" in gear:
        pen.tube(form.ring(1.05, 1.35)[1:-1], (0.026 * h + 0.004,) * 11, wear.accent)
        away = -1.0 if sk.across < 0.85 else pen.light * -1.0
        if pen.wind:
            away = 1.0 if pen.wind > 0 else -1.0
        root = form.edge(1.02, away, 0.9)
        gust = abs(pen.wind)
        tip = (root[0] + away * (0.055 + 0.19 * gust) * h, root[1] + (0.24 * gust - 0.19) * h)
        bend = along(root, tip, 0.5)
        if pen.wind:
            bend = (bend[0], bend[1] + 0.035 * h)
        pen.ribbon([root, bend, tip], 0.046 * h, shaded(wear.accent))
        hang = form.at(1.0, -16, 1.3)
        pen.tube((hang, (hang[0] + 0.006, hang[1] - 0.15 * h)), (0.021 * h, 0.025 * h), wear.accent)


def draw_straw(pen: Brush, sk: Skeleton, wear: Wardrobe, *, upper: bool) -> None:
    """A cape of straw (蓑衣): its long tier under the arms, or its short one over the shoulders."""
    if "straw cape" not in wear.costume.gear:
        return
    form, k = Form(sk), thickness(sk)
    straw = mix(wear.gold, wear.wood, 0.52)
    low, wide, tone, steps = (0.52, 1.62, straw, 17) if upper else (-0.10, 1.36, shaded(straw), 15)
    top = [along(form.edge(0.955, -1, 0.8), form.edge(0.955, 1, 0.8), n / steps) for n in range(steps + 1)]
    bulge_left, bulge_right = form.edge(0.86, -1, 1.30), form.edge(0.86, 1, 1.30)
    left, right = form.edge(max(low, 0.0), -1, wide), form.edge(max(low, 0.0), 1, wide)
    drop = min(low, 0.0) * form.length
    hem = []
    for n in range(steps * 2 + 1):
        x, y = along(left, right, n / (steps * 2))
        sag = 0.030 * math.sin(math.pi * n / (steps * 2))
        hem.append((x + pen.wind * 0.03, y + drop - (sag + (0.022 if n % 2 else 0.0)) * k))
    pen.polygon([*top, bulge_right, *reversed(hem), bulge_left], tone)
    for n in range(1, steps):
        stalk = shaded(tone) if n % 2 else mix(tone, wear.white, 0.25)
        pen.line([along(top[n], hem[2 * n], 0.14), hem[2 * n]], 0.005 * k, stalk)
    if upper:
        pen.ribbon(form.ring(0.99, 1.15), 0.018 * k, wear.wood)


def _cape(pen: Brush, form: Form, sk: Skeleton, wear: Wardrobe) -> None:
    royal = "mantle" in wear.costume.gear
    cloth = (
        wear.accent
        if royal and wear.costume.female
        else mix(wear.outer, rgb("#b8262f") * wear.white, 0.55)
        if royal
        else shaded(wear.outer)
    )
    if royal:
        cloth = rgb("#a8263a") * wear.white
    back = math.sin(math.radians(sk.yaw))
    wide, low = 0.10 + 0.16 * sk.across, 0.05 if royal else 0.10
    sweep = 0.10 + 0.10 * min(abs(sk.pose.lean) / 10, 1.5)
    x = sk.pelvis.x
    left = [
        form.edge(0.99, -1, 0.9),
        form.edge(0.80, -1, 1.06),
        (x - wide * 0.9 - 0.05 * back, sk.pelvis.y * 0.9),
        (x - wide - (0.05 + sweep) * back, low),
    ]
    right = [
        form.edge(0.99, 1, 0.9),
        form.edge(0.80, 1, 1.06),
        (x + wide * (0.9 - 0.5 * back) - 0.02 * back, sk.pelvis.y * 0.9),
        (x + wide * (1 - 0.7 * back) - sweep * 0.6 * back, low + 0.01),
    ]
    if sk.pose.roll or sk.pose.pelvis < 0.6:
        return
    if pen.wind:
        left, right = (
            [
                (x + pen.wind * 0.26 * share, y + abs(pen.wind) * 0.16 * share)
                for (x, y), share in zip(edge, (0, 0, 0.35, 1), strict=True)
            ]
            for edge in (left, right)
        )
    pen.panel(left, right, cloth)
    for share in (0.33, 0.66):
        pen.stroke(
            [along(left[1], right[1], share), along(left[2], right[2], share), along(left[3], right[3], share)],
            0.014,
            shaded(cloth),
        )
    if royal:
        pen.ribbon([left[3], (along(left[3], right[3], 0.5)[0], low - 0.015), right[3]], 0.034, mix(wear.white, wear.inner, 0.2))


def _backpack(pen: Brush, form: Form, wear: Wardrobe, k: float) -> None:
    pack = wear.pack
    deep = 2.5 if form.sk.across < 0.9 else 1.9
    pen.tube((form.at(1.04, 165, deep), form.at(1.04, 195, deep)), (0.044 * k, 0.044 * k), shaded(wear.inner))
    left = [form.at(t, 146, deep * f) for t, f in ((0.98, 0.92), (0.55, 1.0), (0.12, 0.94))]
    right = [form.at(t, 214, deep * f) for t, f in ((0.98, 0.92), (0.55, 1.0), (0.12, 0.94))]
    if form.sk.across < 0.9:  # from the side the pack is as thick as it is deep
        right = [form.at(t, 180, 0.8) for t in (0.98, 0.55, 0.10)]
        left = [form.at(t, 180, f) for t, f in ((1.0, 2.4), (0.55, 2.9), (0.10, 2.6))]
    pen.panel(left, right, pack)
    a, b = along(left[1], right[1], 0.12), along(left[1], right[1], 0.88)
    pen.line([a, b], 0.012 * k, shaded(shaded(pack)))


def _wings(pen: Brush, form: Form, sk: Skeleton, wear: Wardrobe, *, feathered: bool) -> None:
    root = form.at(0.80, 180, 0.6)
    spread = 0.35 + 0.65 * sk.across
    for way in (-1, 1):

        def p(x: float, y: float, way: int = way) -> Point:
            return root[0] + way * x * spread * 0.9 - 0.10 * (1 - sk.across), root[1] + y

        if feathered:
            white = wear.white
            pen.shape(
                [
                    p(0, 0.02),
                    p(0.14, 0.20),
                    p(0.34, 0.26),
                    p(0.44, 0.10),
                    p(0.40, -0.14),
                    p(0.30, -0.32),
                    p(0.18, -0.26),
                    p(0.06, -0.10),
                ],
                white,
            )
            for t in (0.0, 0.30, 0.6):
                pen.stroke(
                    [p(0.08 + 0.05 * t, 0.05 - 0.1 * t), p(0.26, 0.08 - 0.2 * t), p(0.38 - 0.08 * t, -0.06 - 0.28 * t)],
                    0.014,
                    shaded(white),
                )
        else:
            for up in (1, -1):
                tint = mix(wear.accent, wear.white, 0.65)
                pen.shape([p(0, 0), p(0.16, 0.20 * up), p(0.32, 0.24 * up), p(0.34, 0.08 * up), p(0.16, 0.0)], tint)
                pen.stroke([p(0.02, 0.01 * up), p(0.16, 0.10 * up), p(0.30, 0.18 * up)], 0.010, mix(tint, wear.accent, 0.5))
