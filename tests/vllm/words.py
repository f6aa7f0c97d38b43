"""What the tiny model writes with: words that stand in no story of these tests."""

WORDS = frozenset(
    {
        *("amber", "basalt", "cinder", "dappled", "ebony", "fallow", "gossamer", "hollow", "indigo", "juniper", "kelp", "lichen"),
        *("marigold", "nettle", "ochre", "pewter", "quartz", "russet", "saffron", "thistle", "umber", "velvet", "willow", "yarrow"),
        *("zephyr", "alabaster", "bramble", "copper", "drizzle", "ember", "fennel", "granite", "heather"),
    }
)
