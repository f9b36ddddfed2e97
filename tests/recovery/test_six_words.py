"""The six words of a request, and the list that they come from."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from itertools import combinations

import pytest
from Crypto.Protocol.KDF import scrypt

from recovery.errors import InvalidInput
from recovery.six_words import WORD_COUNT, is_word, near, normalise, six_words, split

WORDS = resources.files("recovery").joinpath("six_words.txt").read_text("ascii").split("\n")[:-1]
#: Never to be changed: another release must derive the same words.
VECTORS = {
    "00" * 32: "aperture diagonal necklace bison asphalt icicle",
    "ff" * 32: "pinecone cowbell aroma burrito repaint javelin",
    bytes(range(32)).hex(): "kilowatt cruiser goblet spiral hoodie minibus",
    "80" + "00" * 31: "minibus soprano crochet vacation doghouse rucksack",
}
each_vector = pytest.mark.parametrize(("digest", "words"), VECTORS.items())

# What does not belong into the list; words of less than four or more than eight letters cannot be in it anyway.
ANSWERS = """
    yeah okay hello good goodbye bye stop wait hold hang start begin again repeat slow slower slowly fast faster loud
    louder wrong right correct exact exactly true false sure maybe perhaps never always ready done finish cancel
    continue enter accept refuse reject approve deny agree confirm help please sorry pardon thanks thank welcome listen
    hear speak speaker call caller phone mobile quiet silence clear next last back over under spell spelling letter
    word words number position first second third left skip pass send sign type write read reading question answer
    comma hyphen period dash space point line blank nothing none same other another different positive negative affirm
"""
NUMBERS = """
    zero four five seven eight nine eleven twelve thirteen fourteen fifteen sixteen eighteen nineteen twenty thirty
    forty fifty sixty seventy eighty ninety hundred thousand million billion dozen half quarter single double triple
    couple pair third fourth fifth sixth seventh eighth ninth tenth once twice fraction
"""
FRIGHTENING = """
    dead death deadly blood bloody bleed kill killer murder corpse grave coffin tomb skull skeleton ghost demon devil
    evil hell vampire monster witch zombie fang poison toxic venom virus disease cancer tumor plague fever wound ulcer
    injury pain hurt suffer victim crime criminal thief steal robber robbery fraud prison jail jailer hostage captive
    slave slavery servant weapon rifle pistol bullet cannon missile bomb bomber grenade dagger sword hatchet spear
    knife soldier army warrior siege enemy attack invade invasion hunter hunting danger panic terror horror fear scream
    flame fire wildfire burn explode disaster crash crush drown strangle torture tornado typhoon hurricane volcano
    storm shark cobra viper python scorpion snake spider hospital surgeon syringe drug heroin opium cocaine police
    arrest nude naked sexy lover condom bikini stupid idiot dumb ugly crazy insane lunatic fool drunk beer wine vodka
    whisky tequila liquor brewery tavern tobacco cigar pork bacon salami sausage priest monk church mosque temple bible
    prophet hymn sermon idol
"""
NAMES = """
    adam alan alice amber amelia andrew angel anna anthony april archie arthur aurora austin barbara basil benjamin
    beryl beth bill billy bobby bonnie brandon carol carter charlie chester chuck clara clement crystal daisy dale
    daniel dawn dean destiny diana dick duke earl eddie eden emily emma eric ernest eugene faith felix fern flora
    florence frank frankie fred gene george ginger gloria grace grant harmony harold harry hazel heather henry herald
    herbert holly hope hunter iris irene jack jackie jade jake james jane jasmine jasper jean jenny jerry jesse jimmy
    john josh joyce judy julia june juniper justin karen kate katie kelly kenny kevin laura laurel lance lily linda
    louis lucy luke marcus margaret maria mark martha martin mary mason matt maude max maxwell melody mercy merlin
    michael mike miles molly myrtle nancy nick nicole noel norman octavia oliver olive opal oscar otto paris patience
    patrick paul pearl peter philip phil poppy prudence ralph randy raven reed rich rick robert robin rocky roger roman
    rosa rose rosemary rowan ruby russell rusty sage sally sandy sarah scarlet scott sean sidney simon sofia stella
    stephen steve stuart summer susan sydney taylor teddy terry thomas timothy tony tracy tyler valerie vera veronica
    victor victoria vince viola violet virginia wade walter warren wayne wendy willie woody america africa asia athens
    austria berlin boston brazil britain canada chile china cuba cyprus denmark dutch england english europe france
    french german germany greece greek holland hungary iceland india indian iran iraq ireland italy jamaica japan
    jersey jordan kenya korea latin lima london madrid malta mandarin mexico moscow norway oregon panama paris peru
    phoenix poland polish portugal prague rome russia scotland sierra spain spanish sweden syria texas tokyo turkey
    wales zurich january february march august october november december monday tuesday thursday friday saturday sunday
    christmas easter venus mercury jupiter saturn uranus neptune google amazon tesla nike pepsi adidas velcro aspirin
"""
PRODUCT = """
    account address amount approval backup bitcoin block change chain coin commit contract crypto deadline deposit
    digest dollar ether ethereum euro finalize freeze frozen guardian hash heartbeat hidden kit ledger lock member
    money network nonce opening owner owners password path payment phrase policy policies private protect public quorum
    recover recovery relay request rescue restore rotate safe salary secret secure seed sender signal signature signer
    silent thaw threshold token transfer vault veto voucher wallet window withdraw
"""
# Heard as another word, which is not in the list either.
HOMOPHONES = """
    aisle allowed aloud altar alter bail bald bale ball band banned baron barren base bass bazaar beach bear beat beech
    beet bell berry berth birth bizarre boar board bolder boulder bough bread bred bridal bridle broach brooch buoy
    bury cash cache cast caste cell cellar chord cord cereal serial chews choose clause claws coarse course colonel
    kernel creak creek crews cruise currant current cymbal symbol days daze dear deer desert dessert draw drawer dual
    duel earn fairy faint feint fair fare feat feet flair flare flea flee flour flower foul fowl gait gate gild guild
    gorilla grate great groan grown guessed guest hail hair hale hall hangar hanger hare haul heal heel heard herd heir
    heroine hoard horde hoarse horse hole whole hostel hostile idle idol knead knight knot lain lane leak leek lessen
    lesson links lynx load loan lone made maid mail main maize maze male mane manner manor mantle marshal martial mayor
    meat meet medal meddle metal mettle mince miner minor missed mist moat moose mousse muscle mussel naval navel night
    pail pain pair pale palate palette pallet pane passed past pause paws peace peak pear pearl pedal peek peel peer
    piece pier plain plane plum plumb pole poll pour praise prays presence presents prince prints principal profit
    prophet quarts quartz rain reign rein ring road role roll root rose route sail sale sauce scene scent seam seen
    sheer shear sleigh soar sole soul source stair stake stalk stare stationary steak steal steel stork straight strait
    suite sundae sweet tail tailor tale taught team tear teem tern throne thrown thyme tide tied time toad toed towed
    turn vain vale veil vein wail waist waste weak weather week weigh whale whether whine which witch wood would wrap
    write yoke yolk
"""
SPELT_IN_TWO_WAYS = """
    aeroplane airplane aluminum armor armour artefact artifact bandana bandanna behavior caftan kaftan caliber calibre
    catalog catalogue catsup ketchup center centre cheque chili chilli color colour cosy cozy curb kerb defence defense
    dialog dialogue disc disk donut doughnut draft draught favor favour fiber fibre fjord fiord flavor flavour fulfil
    gauge gage gray grey harbor harbour hiccup honor honour hummus houmous humor humour jeweler jeweller judgment labor
    labour lasagna lasagne license licence liter litre lychee litchi meter metre mold mould mustache odor odour omelet
    omelette organise organize pajamas pyjamas parlor parlour pickax pickaxe pimento pimiento plaid plow plough program
    racket racquet raccoon racoon rumor rumour saber sabre savanna savannah savor savory savour sceptic skeptic
    sherbert storey sulfur sulphur theater theatre tire tyre tumor tumour vapor vapour veranda verandah whiskey woolen
    woollen yogurt yoghurt
"""

# Sounds that a bad line, or another mother tongue, does not tell apart, become one letter. So do all vowels.
_SOUNDS = [
    (re.compile(spelling), sound)
    for spelling, sound in [
        (r"^kn|^gn|^pn", "n"),
        (r"^wr", "r"),
        (r"^ps|^x", "s"),
        (r"mb$", "m"),
        (r"th", "t"),
        (r"(?<![aeiou])y(?![aeiou])", "i"),
        (r"ough$", "o"),
        (r"(?<=[aou])ugh(?!t)", "f"),
        (r"gh", ""),
        (r"ph", "f"),
        (r"sch", "sk"),
        (r"tch|ch|j|dg(?=[eiy])|g(?=[eiy])", "C"),
        (r"sh|[tsc]i(?=on|an|al)|ss(?=ure)", "S"),
        (r"sc(?=[eiy])|c(?=[eiy])|z", "s"),
        (r"x", "ks"),
        (r"ck|qu|[cqg]", "k"),
        (r"b", "p"),
        (r"d", "t"),
        (r"v", "f"),
        (r"n", "m"),
        (r"[hwy]|es?$", ""),
        (r"[aeiou]+", "A"),
        (r"(.)\1+", r"\1"),
    ]
]


def sound(word: str) -> str:
    """What words that could be taken for one another on the telephone have in common."""
    for spelling, heard in _SOUNDS:
        word = spelling.sub(heard, word)
    return word


def distance(one: str, other: str) -> int:
    """Levenshtein's: how many letters to insert, to delete, or to replace."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, row = row, [i]
        for j, against in enumerate(other, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (letter != against)))
    return row[-1]


def groups(key: Callable[[str], str]) -> list[list[str]]:
    """The words that share a key with another word."""
    found: dict[str, list[str]] = {}
    for word in WORDS:
        found.setdefault(key(word), []).append(word)
    return [group for group in found.values() if len(group) > 1]


def seed_words() -> set[str]:
    """BIP-39's English list."""
    file = resources.files("eth_account").joinpath("hdaccount", "wordlist", "english.txt")
    return set(file.read_text("ascii").split())


# The words of a digest


@each_vector
def test_a_digest_has_the_words_that_it_always_had(digest: str, words: str) -> None:
    assert six_words(bytes.fromhex(digest)) == tuple(words.split())


@each_vector
def test_another_implementation_of_scrypt_finds_the_same_words(digest: str, words: str) -> None:
    key = scrypt(bytes.fromhex(digest), b"ape-recovery six words v1", 8, N=32768, r=8, p=1)
    bits = f"{int.from_bytes(key, 'big'):064b}"
    assert " ".join(WORDS[int(bits[start : start + 10], 2)] for start in range(0, 60, 10)) == words


def test_there_are_six_words_and_each_is_in_the_list() -> None:
    words = six_words(b"\x01" * 32)
    assert len(words) == WORD_COUNT == 6
    assert all(is_word(word) and word in WORDS for word in words)


@pytest.mark.parametrize("bit", [0, 7, 128, 255])
def test_one_bit_of_the_digest_changes_the_words_all_over(bit: int) -> None:
    changed = six_words((1 << bit).to_bytes(32, "big"))
    same = [one for one, other in zip(six_words(bytes(32)), changed, strict=True) if one == other]
    assert same == []


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_only_a_digest_of_32_bytes_has_words(length: int) -> None:
    with pytest.raises(InvalidInput, match=f"32 bytes, and this has {length}"):
        six_words(bytes(length))


# What a person types


@pytest.mark.parametrize(
    "text", ["cottage", "Cottage", "COTTAGE", "  cottage\n", "\u00a0cottage\u3000", "ｃｏｔｔａｇｅ"]
)
def test_case_white_space_and_width_make_no_difference(text: str) -> None:
    assert normalise(text) == "cottage"
    assert is_word(text)


def test_nothing_else_is_changed_in_what_was_typed() -> None:
    assert normalise("cot tage") == "cot tage"
    assert normalise("cöttage") == "cöttage"
    assert normalise("") == ""


@pytest.mark.parametrize(
    "text",
    [
        "acorn bagel cedar",
        "  Acorn   BAGEL\tcedar\n",
        "acorn, bagel, cedar",
        "acorn,bagel;cedar.",
        "acorn-bagel-cedar",
        "acorn – bagel — cedar",
        "acorn_bagel_cedar",
        "1. acorn, 2. bagel, 3. cedar",
        "1.acorn 2.bagel 3.cedar",
        "1) acorn\n2) bagel\n3) cedar\n",
        "1: acorn / 2: bagel / 3: cedar",
        "#1 acorn #2 bagel #3 cedar",
        '"acorn" “bagel” (cedar)',
        "① acorn ② bagel ③ cedar",
        "ａｃｏｒｎ，ｂａｇｅｌ，ｃｅｄａｒ",
    ],
)
def test_words_are_found_however_they_are_written_one_after_another(text: str) -> None:
    assert split(text) == ("acorn", "bagel", "cedar")


@pytest.mark.parametrize("text", ["", "   ", "1. 2, 3", "-,-"])
def test_without_words_there_are_none(text: str) -> None:
    assert split(text) == ()


def test_a_slip_stays_one_word_and_is_not_dropped() -> None:
    assert split("ac0rn bagle, cedar2") == ("ac0rn", "bagle", "cedar2")


def test_words_keep_their_order_and_may_come_twice() -> None:
    assert split("cedar acorn cedar") == ("cedar", "acorn", "cedar")


@pytest.mark.parametrize("text", ["", "cottages", "cottag", "cot tage", "cottage cedar", "abandon", "cöttage"])
def test_what_is_not_in_the_list_is_no_word(text: str) -> None:
    assert not is_word(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("suitcse", "suitcase"),
        ("Cotage ", "cottage"),
        ("girafic", "graphic"),
        ("jurnal", "journal"),
        ("zukini", "zucchini"),
    ],
)
def test_a_misspelt_word_finds_the_word_of_the_list(typed: str, meant: str) -> None:
    assert meant in near(typed)


def test_what_is_near_comes_from_the_list_and_is_three_words_at_most() -> None:
    found = near("coner")
    assert 1 <= len(found) <= 3
    assert found[0] == "corner"
    assert set(found) <= set(WORDS)


def test_a_word_of_the_list_is_nearest_to_itself() -> None:
    assert near("COTTAGE")[0] == "cottage"


@pytest.mark.parametrize("text", ["", "qqqq", "x" * 100_000])
def test_nothing_is_near_to_nonsense(text: str) -> None:
    assert near(text) == []


def test_importing_the_module_reads_no_list() -> None:
    program = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, what: event == 'open' and opened.append(str(what[0])))\n"
        "import recovery.six_words as words\n"
        "read = lambda: any(name.endswith('six_words.txt') for name in opened)\n"
        "assert not read()\n"
        "assert words.is_word('cottage') and read()\n"
        "opened.clear()\n"
        "assert words.is_word('cedar') and not read()\n"
        "heavy = {'web3', 'eth_account', 'eth_abi', 'click', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# The list


def test_the_list_is_the_one_that_was_published() -> None:
    listed = "\n".join(WORDS) + "\n"
    assert (
        hashlib.sha256(listed.encode()).hexdigest()
        == "0e3f2903a434836eab969157d67d4153a26099c6579f80797493bfcb7a2936a5"
    )


def test_the_list_has_1024_words_in_order_and_each_once() -> None:
    assert len(WORDS) == 1024 == len(set(WORDS))
    assert sorted(WORDS) == WORDS


def test_words_have_four_to_eight_small_letters() -> None:
    assert [word for word in WORDS if not re.fullmatch("[a-z]{4,8}", word)] == []


def test_the_first_four_letters_tell_a_word() -> None:
    assert groups(lambda word: word[:4]) == []


def test_no_word_is_a_seed_word() -> None:
    assert len(seed_words()) == 2048
    assert seed_words() & set(WORDS) == set()


def test_any_two_words_are_at_least_three_letters_apart() -> None:
    # Of two words that are closer, one and the same rest is left when up to two letters are taken from each.
    rests: dict[str, set[str]] = {}
    for word in WORDS:
        for size in range(len(word) - 2, len(word) + 1):
            for letters in combinations(word, size):
                rests.setdefault("".join(letters), set()).add(word)
    candidates = {pair for words in rests.values() for pair in combinations(sorted(words), 2)}
    assert len(candidates) > 100
    assert [pair for pair in sorted(candidates) if distance(*pair) < 3] == []


def test_the_distance_is_counted_in_letters() -> None:
    assert [distance("cedar", other) for other in ("cedar", "cellar", "cedars", "edar", "")] == [0, 2, 1, 1, 5]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("knight", "night"),
        ("write", "right"),
        ("flower", "flour"),
        ("weather", "whether"),
        ("cereal", "serial"),
        ("pair", "pear"),
        ("thyme", "time"),
        ("basket", "biscuit"),
        ("bear", "pier"),
        ("ladder", "letter"),
        ("cellar", "seller"),
        ("phrase", "frays"),
    ],
)
def test_words_that_sound_alike_are_known(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("cottage", "cartoon"), ("cedar", "cello"), ("tractor", "tripod")])
def test_words_that_sound_different_are_told_apart(one: str, other: str) -> None:
    assert sound(one) != sound(other)


def test_no_two_words_sound_alike() -> None:
    assert groups(sound) == []


def test_no_word_is_another_with_an_ending() -> None:
    listed = set(WORDS)
    endings = ("s", "es", "d", "ed", "ing", "er", "ly", "y")
    assert [word + end for word in WORDS for end in endings if word + end in listed] == []
    assert [word for word in WORDS if word.endswith("y") and word[:-1] + "ies" in listed] == []


@pytest.mark.parametrize("unwanted", [ANSWERS, NUMBERS, FRIGHTENING, NAMES, PRODUCT, HOMOPHONES, SPELT_IN_TWO_WAYS])
def test_no_word_would_be_misunderstood_or_unwelcome(unwanted: str) -> None:
    assert set(unwanted.split()) & set(WORDS) == set()
