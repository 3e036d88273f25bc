"""Invented pools from which the synthetic world draws names, places and goods."""

GIVEN = (
    "Anna", "Ben", "Carla", "David", "Elif", "Farid", "Greta", "Hanna", "Ivan", "Jun", "Kofi", "Lea", "Mei", "Noor",
    "Omar", "Petra", "Quinn", "Rosa", "Sami", "Tuan",
)  # fmt: skip
FAMILY = (
    "Adler", "Bauer", "Chen", "Demir", "Evans", "Fischer", "Garcia", "Huang", "Ito", "Jansen", "Kaya", "Li", "Meyer",
    "Nowak", "Okafor", "Patel", "Rossi", "Silva",
)  # fmt: skip
FIRM = ("Trading Ltd", "Store", "Technology Co", "GmbH", "International", "Shop", "Factory", "Export Ltd")
STREETS = (
    "Station Road",
    "Garden Street",
    "Mill Lane",
    "Harbour Street",
    "Ring Road",
    "School Street",
    "Market Square",
)
CITIES = ("Berlin", "Hamburg", "Leipzig", "Essen", "Bremen", "Dresden", "Kiel", "Mainz", "Ulm")
GOODS = (
    ("cotton t-shirt", "610910"), ("phone case", "392690"), ("USB cable", "854442"), ("toy car", "950300"),
    ("dried fruit", "081340"), ("herbal tea", "090220"), ("face cream", "330499"), ("protein powder", "210610"),
    ("car parts", "870829"), ("LED lamp", "940540"), ("book", "490199"), ("kitchen knife", "821192"),
    ("shoes", "640399"), ("wig", "670411"), ("candles", "340600"), ("vitamin capsules", "210690"),
)  # fmt: skip
