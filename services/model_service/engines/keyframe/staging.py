"""Blocking: what each person of a scene does, turned which way, how far from the others.

A group is people who have to do with each other: opponents apart, friends close, lovers embraced, a child before its
mother. The seed chooses among variants; who somebody is never depends on it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.bonded import at_sword_point, in_arms, mounted, on_back, with_pet
from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.costumes import costume_of
from services.model_service.engines.keyframe.directions import FEELING_OF, FEELING_OF_MOOD, OF_ONE, TOGETHER, YAWS
from services.model_service.engines.keyframe.held import DRAWN, HUNG, RAISED, READ, carried
from services.model_service.engines.keyframe.marks import Mark
from services.model_service.engines.keyframe.people import Act
from services.model_service.engines.keyframe.poses import GRIPS, POSES
from services.model_service.engines.keyframe.relations import POSTURES, Tie
from services.model_service.engines.keyframe.seats import BED
from services.model_service.engines.keyframe.skeleton import Body, Pose
from services.model_service.engines.keyframe.stage import Stage

_BLADES = frozenset({"sword", "jian", "katana", "cutlass"})
_ON_PALM = frozenset({"compass", "pocket watch"})
_BLADED = frozenset({"sword", "axe"})


def block(stage: Stage, people: Sequence[Figure]) -> list[Mark]:
    """The marks of up to five people, from the farthest to the nearest; whoever is carried is with the one who carries."""
    for bond in stage.scene.bonds:
        by, other = stage.scene.figures[bond.by], stage.scene.figures[bond.others[0]]
        if bond.tie is Tie.ARMS and by in people and other.tag not in PEOPLE:
            return _Blocking(stage, [by, *(figure for figure in people if figure != by)]).bonded(bond.tie, other)
        if by in people and other in people and bond.tie is not Tie.MOUNT:
            rest = [figure for figure in people if figure not in (by, other)]
            return _Blocking(stage, [by, other, *rest]).bonded(bond.tie, other)
    return _Blocking(stage, people).marks()


def riders(stage: Stage, mount: Figure, people: Sequence[Figure]) -> list[Mark]:
    """The marks of those who ride, seen from the middle of the mount's foot."""
    return mounted(stage, mount, people, _Blocking(stage, people).feeling("riding", people[0]))


class _Blocking:
    def __init__(self, stage: Stage, people: Sequence[Figure]) -> None:
        self._stage, self._people = stage, people
        self._rng = stage.rng("blocking")
        self._action = "dancing" if people[0].deed == "dancing" else stage.scene.action
        self._near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
        self._face_on = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL}
        self._turn = float(self._rng.uniform(-8, 8))
        self._pick = int(self._rng.integers(0, 840))
        self._away = self._rng.random() < 0.30
        carrier = next(iter(carried(stage.scene).items()), None)
        self._thing = "" if carrier is None else carrier[1]

    def marks(self) -> list[Mark]:
        people = self._people
        if len(people) == 1:
            return [Mark(people[0], self._alone(people[0]), 0.0)]
        pairs: Mapping[str, Callable[[], list[Mark]]] = {
            "fighting": self._fight,
            "hugging": self._embrace,
            "holding hands": self._hand_in_hand,
            "talking": self._talk,
            "dancing": self._dance,
            "crying": self._comfort,
        }
        marks = pairs[self._action]() if self._action in pairs else self._abreast()
        return marks + self._bystanders(marks)

    def bonded(self, tie: Tie, other: Figure) -> list[Mark]:
        """The first of the people and the other as the tie joins them, the rest beside them."""
        by = self._people[0]
        moving = self._action in {"walking", "running", "climbing"}
        act = Act(self._pose(self._action if moving else "standing"), 46.0, self.feeling(self._action, by))
        if tie is Tie.ARMS and other.tag not in PEOPLE:
            marks = with_pet(by, other, act)
        elif tie is Tie.ARMS:
            marks = in_arms(self._stage, by, other, act)
        elif tie is Tie.BACK:
            marks = on_back(self._stage, by, other, act)
        else:
            marks = at_sword_point(self._stage, by, other, act, self.feeling("watching", other))
        return marks + self._bystanders(marks)

    def body(self, figure: Figure) -> Body:
        return costume_of(figure, ancient=self._stage.scene.ancient).body

    def _pose(self, name: str, step: int = 0) -> Pose:
        variants = POSES[name]
        return variants[(self._pick + step) % len(variants)]

    def feeling(self, action: str, figure: Figure) -> str:
        scene = self._stage.scene
        if figure.shut:
            return "asleep"
        if action in {"crying", "sleeping"}:
            return FEELING_OF[action]
        if scene.feeling:
            return scene.feeling
        own = FEELING_OF.get(action) or FEELING_OF_MOOD.get(scene.mood, "calm")
        stern = costume_of(figure, ancient=scene.ancient).stern
        return "determined" if stern and own in {"calm", "wondering"} else own

    def _alone(self, figure: Figure) -> Act:
        """One person, or the one that the eye follows."""
        own = figure.deed if figure.deed in POSTURES else self._action
        action = OF_ONE.get(own, own)
        pose_name = action if action in POSES else "standing"
        scenic = not self._near and not self._stage.scene.has("room")
        yaw = YAWS.get(action, 34.0) + self._turn
        if pose_name == "standing":
            yaw = (34.0, 22.0, 50.0)[self._pick % 3] + self._turn
        behind = (pose_name in {"gazing", "looking up"} and scenic) or (
            pose_name in {"walking", "standing"} and scenic and self._away
        )
        if behind and not self._thing:
            yaw = (158.0 if pose_name != "looking up" else 140.0) + self._turn
            pose_name = "gazing" if pose_name == "standing" else pose_name
        if self._face_on:
            yaw = min(yaw, 34.0 + self._turn)
        pose = self._pose(pose_name)
        if pose_name == "sleeping" and self._stage.scene.has("room"):
            pose = replace(self._pose(pose_name), lift=BED)
        if pose_name == "riding":
            pose, yaw = self._pose("standing"), 34.0
        if pose_name == "sitting" and scenic and self._pick % 3 == 0:
            pose = self._pose("sitting low")
        return self._equipped(figure, Act(pose, yaw, self.feeling(action, figure)), pose_name, carrier=True)

    def _equipped(self, figure: Figure, act: Act, action: str, *, carrier: bool) -> Act:
        """The act with something in hand: a thing of the scene, else what the role carries."""
        costume = costume_of(figure, ancient=self._stage.scene.ancient)
        if carrier and self._thing:
            named = next((thing.colour for thing in self._stage.scene.things if thing.tag == self._thing), "")
            opened = self._thing in self._stage.scene.opened
            return replace(self._carrying(act, action, self._thing), colour=named, opened=opened)
        if action == "working":
            return replace(act, near=costume.hand if costume.hand in {"wrench", "brush", "ladle"} else "hoe", aim=64.0)
        if action == "fishing":
            return replace(act, far="rod", aim=58.0)
        own = costume.hand
        if not own or action not in {"standing", "walking", "gazing", "looking up", "striking", "guarding", "talking"}:
            return act
        armed = _BLADES
        if action in {"striking", "guarding"}:
            return replace(
                act,
                near=own if own in armed | {"spear", "wand", "wand staff", "staff"} else "",
                aim=38.0 if action == "guarding" else 52.0,
            )
        if own in {"staff", "wand staff", "spear", "broom"}:
            return replace(act, near=own, pose=replace(act.pose, near_hand=GRIPS["staff"], elbows=(0.6, -0.8, -0.4)))
        if own == "cane":
            return replace(act, near=own, pose=replace(act.pose, near_hand=GRIPS["cane"]))
        if own in armed:
            return replace(act, near=own, aim=148.0, pose=replace(act.pose, near_hand=GRIPS["low"], elbows=(0.5, -0.5, -0.8)))
        if own == "sack":
            return replace(act, near=own, pose=replace(act.pose, near_hand=GRIPS["low"]))
        return replace(act, near=own, aim=24.0, pose=replace(act.pose, near_hand=GRIPS["chest"]))

    def _carrying(self, act: Act, action: str, thing: str) -> Act:
        drawn = DRAWN.get(thing, thing)
        pose, free = (
            act.pose,
            action in {"standing", "gazing", "holding", "reading", "raising", "looking up", "smiling", "talking", "pointing"},
        )
        if thing == "umbrella":
            return replace(act, far=drawn, pose=replace(pose, far_hand=GRIPS["shade"], elbows=(0.4, -1.0, -0.3)))
        if thing == "fishing rod":
            return replace(act, far=drawn, aim=58.0, pose=self._pose("fishing") if free else pose)
        if thing in READ - _ON_PALM and free:
            seen = replace(self._pose("reading"), pelvis=pose.pelvis, near_foot=pose.near_foot, far_foot=pose.far_foot)
            feeling = act.feeling if act.feeling in {"crying", "sad", "happy", "afraid"} else "reading"
            return replace(act, pose=seen, far=drawn, aim=-14.0, big=1.0, feeling=feeling, yaw=min(act.yaw, 42.0))
        if thing in _BLADED and self._face_on and action in {"holding", "raising", "pointing"}:
            blade = "jian" if thing == "sword" and self._stage.scene.ancient else drawn
            shown = replace(self._pose("holding"), pelvis=pose.pelvis, near_foot=pose.near_foot, far_foot=pose.far_foot)
            return replace(act, pose=shown, far=blade, aim=52.0)
        if thing in RAISED or thing == "balloon" or action == "raising":
            return replace(act, far=drawn, aim=8.0, pose=replace(pose, far_hand=GRIPS["high"], elbows=(0.4, -1.0, -0.3)))
        if thing in HUNG or not free:
            return replace(
                act,
                near="jian" if thing == "sword" and self._stage.scene.ancient else drawn,
                aim=150.0 if thing in {"sword", "axe"} else 180.0 if thing in HUNG else 10.0,
                pose=replace(pose, near_hand=GRIPS["low"]),
            )
        return replace(
            act,
            pose=replace(self._pose("holding"), pelvis=pose.pelvis, near_foot=pose.near_foot, far_foot=pose.far_foot),
            far=drawn,
            aim=4.0,
        )

    def _fight(self) -> list[Mark]:
        """Two opponents, armed alike where a blade is about: one strikes, the other parries, their blades cross."""
        a, b = self._people[:2]
        scene = self._stage.scene
        own = [costume_of(f, ancient=scene.ancient).hand for f in (a, b)]
        swords = [hand for hand in own if hand in _BLADES]
        about_blades = bool(swords) or scene.ancient or bool({"sword", "axe"} & scene.props)
        if not about_blades and (not any(own) or any(self.body(f).height < 0.75 for f in (a, b))):
            return self._struggle(a, b)
        blade = swords[0] if swords else "jian" if scene.ancient else "sword"
        hands = [hand if hand in _BLADES | {"spear", "wand", "wand staff"} else blade for hand in own]
        strike, parry = self._pose("striking"), self._pose("parrying")
        stern = "determined"
        return [
            Mark(b, Act(parry, 66.0, stern, near=hands[1], aim=26.0), 0.40, facing=-1),
            Mark(a, Act(strike, 66.0, "angry", near=hands[0], aim=58.0), -0.40),
        ]

    def _struggle(self, a: Figure, b: Figure) -> list[Mark]:
        """Bare hands: grown men box; with a child it is both together against something else."""
        if any(self.body(f).height < 0.75 for f in (a, b)):
            acts = [Act(self._pose("hauling", step), 70.0, "determined") for step in (0, 1)]
            return [Mark(a, acts[0], -0.22), Mark(b, acts[1], 0.24)]
        acts = [Act(self._pose(name), 72.0, "angry") for name in ("striking", "guarding")]
        return [Mark(b, acts[1], 0.28, facing=-1), Mark(a, acts[0], -0.28)]

    def _embrace(self) -> list[Mark]:
        a, b = sorted(self._people[:2], key=lambda f: self.body(f).height, reverse=True)
        big, small = self.body(a), self.body(b)
        pose_a, pose_b = self._pose("hugging"), self._pose("hugging", 1)
        apart = 0.086 * (big.girth + small.girth) / 2 + 0.012
        if big.height - small.height > 0.2:  # she kneels down to the child
            pose_a = replace(
                pose_a,
                pelvis=0.52,
                near_foot=(0.10, 0.0, -0.42),
                far_foot=(0.13, 0.0, 0.36),
                knees=(0.1, -0.4, 1.0),
                lean=8,
                near_hand=(-0.26, -0.30, 0.70),
                far_hand=(-0.26, -0.18, 0.74),
            )
            pose_b = replace(pose_b, near_hand=(-0.30, 0.10, 0.86), far_hand=(-0.26, 0.26, 0.86))
            apart += 0.02
        feeling = self._stage.scene.feeling or "tender"
        act_a, act_b = Act(pose_a, 74.0, feeling), Act(pose_b, 70.0, feeling)
        return [Mark(a, act_a, -apart, holds=True), Mark(b, act_b, apart, facing=-1)]

    def _hand_in_hand(self) -> list[Mark]:
        a, b = self._people[:2]
        low = min(self.body(a).height, self.body(b).height)
        behind = not self._near and self._away
        yaw = 164.0 if behind else 20.0 + self._turn
        reach = {f: self.body(f) for f in (a, b)}
        meet = low * 0.47 + 0.10 * (max(x.height for x in reach.values()) - low)
        apart = 0.150 + 0.055 * (reach[a].height + reach[b].height) / 2

        def act(figure: Figure, step: int) -> Act:
            body = reach[figure]
            shoulder = body.hip + body.trunk - 0.042 * body.height
            pose = self._pose("holding hands", step)
            out = min((apart - body.shoulders * 0.88) / body.arm, 0.9)
            up = max(min((meet - shoulder) / body.arm, -0.1), -0.92)
            inner, outer = (out, up, 0.12), pose.near_hand
            return Act(
                replace(pose, far_hand=inner, near_hand=outer) if not behind else replace(pose, near_hand=inner, far_hand=outer),
                yaw,
                self.feeling("holding hands", figure),
            )

        return [Mark(a, act(a, 0), -apart), Mark(b, act(b, 1), apart, facing=-1)]

    def _talk(self) -> list[Mark]:
        a, b = self._people[:2]
        teller = self._equipped(a, Act(self._pose("talking"), 54.0, "talking"), "talking", carrier=True)
        listener = Act(self._pose("standing", 1), 54.0, self.feeling("listening", b))
        if self.body(b).height < 0.75:
            listener = replace(listener, pose=replace(listener.pose, nod=-16))
            teller = replace(teller, pose=replace(teller.pose, nod=14))
        return [Mark(a, teller, -0.27), Mark(b, self._equipped(b, listener, "standing", carrier=False), 0.27, facing=-1)]

    def _dance(self) -> list[Mark]:
        if len(self._people) > 2:
            return self._ring()
        a, b = self._people[:2]
        lead = Pose((0.50, 0.30, 0.52), (-0.08, -0.40, 0.66), (0.08, 0.0, 0.14), (0.12, 0.0, -0.20), lean=-2, cock=4)
        follow = replace(
            lead,
            near_hand=(-0.10, 0.02, 0.70),
            far_hand=(0.50, 0.34, 0.52),
            near_foot=(0.10, 0.14, -0.30),
            far_foot=(0.08, 0.0, 0.06),
        )
        return [Mark(a, Act(lead, 66.0, "happy"), -0.17), Mark(b, Act(follow, 58.0, "happy"), 0.17, facing=-1)]

    def _ring(self) -> list[Mark]:
        """All in a ring, hand in hand: those at the back face the viewer, those before show their backs."""
        people = self._people
        marks = []
        for index, figure in enumerate(people):
            turn = 2 * math.pi * index / len(people)
            x, deep = math.sin(turn), math.cos(turn)  # deep 1 is at the back
            yaw = 14.0 if deep > 0.35 else 62.0 if deep > -0.45 else 152.0
            pose = self._pose("dancing in a ring", index)
            act = Act(pose, yaw + self._turn, ("happy", "laughing")[index % 2])
            marks.append(Mark(figure, act, 0.88 * x, facing=-1 if x > 0 else 1, back=0.16 * (deep + 1)))
        return sorted(marks, key=lambda mark: -mark.back)

    def _comfort(self) -> list[Mark]:
        a, b = self._people[:2]
        friend = replace(self._pose("leaning in"), far_hand=(0.02, -0.25, 0.86))
        return [Mark(b, Act(friend, 66.0, "sad"), 0.20, facing=-1), Mark(a, Act(self._pose("crying"), 34.0, "crying"), -0.16)]

    def _abreast(self) -> list[Mark]:
        """Side by side, turned a little to each other; or all on the same way."""
        people = list(self._people[:2]) if len(self._people) == 2 else list(self._people)
        action = self._action
        moving = action in {"walking", "running", "climbing", "gazing", "looking up", "rowing"}
        name = action if action in TOGETHER else "standing"
        if len(people) > 2:
            people.sort(key=lambda f: -self.body(f).height)
            people = people[1::2][::-1] + people[::2]  # the tallest in the middle
        behind = not self._near and not self._stage.scene.has("room") and name in {"gazing", "looking up", "walking", "standing"}
        behind = behind and (self._away or name == "gazing") and not any(figure.deed in POSTURES for figure in people)
        gaps = self._gaps(people, moving=name in {"walking", "running"})
        marks = []
        for index, figure in enumerate(people):
            pose_name = name
            if name == "standing" and action not in {"standing", "smiling"} and action in POSES and index == 0:
                pose_name = action
            if figure.deed in POSTURES:
                pose_name = figure.deed
            yaw = YAWS.get(pose_name, 30.0) + self._turn * (1 if index % 2 else -1)
            facing = 1 if moving or index < len(people) / 2 else -1
            if behind and figure.deed not in POSTURES:
                yaw, facing = 164.0 - 8 * (index % 2), 1 if index < len(people) / 2 else -1
            elif self._face_on:
                yaw = min(yaw, 30.0 + self._turn)
            act = Act(self._pose(pose_name if pose_name in POSES else "standing", index), yaw, self.feeling(action, figure))
            if figure.deed == "sleeping":
                act = replace(act, feeling="asleep")
            if behind and pose_name == "standing":
                act = replace(act, pose=self._pose("gazing", index))
            if facing < 0 and not moving:
                act = replace(act, yaw=max(act.yaw, 24.0))
            carrier = figure is self._people[0]
            marks.append(
                Mark(figure, self._equipped(figure, act, pose_name, carrier=carrier), gaps[index], facing, back=0.035 * (index % 2))
            )
        marks.sort(key=lambda mark: -mark.back)
        return marks

    def _gaps(self, people: Sequence[Figure], *, moving: bool) -> list[float]:
        xs, x = [], 0.0
        for index, figure in enumerate(people):
            wide = self.body(figure).shoulders * 2 + (0.24 if moving else 0.15)
            wide += 0.06 * (self.body(figure).girth - 0.8)
            if costume_of(figure, ancient=self._stage.scene.ancient).flare > 0.09:
                wide += 0.12
            xs.append(x + wide / 2)
            x += wide * (0.94 + 0.10 * ((self._pick + index) % 3) / 2)
        return [value - x / 2 for value in xs]

    def _bystanders(self, marks: Sequence[Mark]) -> list[Mark]:
        """Whoever has no part in what the pair does, stands by and watches."""
        shown = {id(mark.figure) for mark in marks}
        others = [figure for figure in self._people if id(figure) not in shown]
        found = []
        for index, figure in enumerate(others):
            side = 1 if index % 2 else -1
            x = side * (0.66 + 0.36 * (index // 2))
            posture = figure.deed if figure.deed in POSTURES else "standing"
            act = Act(self._pose(posture, index + 1), 50.0, self.feeling("watching", figure))
            found.append(Mark(figure, self._equipped(figure, act, "standing", carrier=False), x, facing=-side, back=0.04))
        return found
