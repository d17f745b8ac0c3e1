"""The verbs of work, and how their forms lead to the imperative of a title."""

from functools import lru_cache

BASE = frozenset(
    """
    accept access accompany acquire adapt add address adjust admit advertise advise aerate aid
    aim air alert align allocate alphabetise alphabetize alter amend analyse analyze announce
    answer apologise apologize apply appoint approach approve archive arrange ask assemble
    assess assign assist attach attend audit authorise authorize automate award back backup bag
    bake balance ban batch bathe beat benchmark bid bill bind blend block blog blow board boil
    bolt book boost borrow brainstorm break brief bring broadcast broom browse brush budget buff
    build bundle bury button buy calculate calibrate call cancel canvass capture carry cart
    carve cash cast catch cater caulk celebrate chair change charge chase chat check chill
    choose chop circulate claim clamp clarify clean clear click clip clone close coach coat code
    collaborate collate collect color colour comb combine comment commission communicate compare
    compile complete comply compose compost compress compute conduct confer configure confirm
    confront congratulate connect conserve consolidate construct consult contact contract
    contribute convert convince cook cool coordinate copy correct counsel count cover craft
    crash create criticise crop cross-check cultivate curate customise customize cut dampen
    deactivate deal debrief debug decant decide decline declutter decommission decorate defend
    define defrag defrost deglaze degrease deice delegate delete deliver demo demolish deploy
    deposit deprecate descale describe design destroy detach detail determine develop diagnose
    dictate dig digitise dilute dim dip disable disassemble discard discharge disconnect discuss
    disinfect dismantle dispatch display dispose dissolve distribute divide do document donate
    double double-check download draft draw dress drill drive drop dry dry-clean dub dump
    duplicate dust earn edit educate elect eliminate email embed embroider empty enable
    encourage encrypt enforce engage enhance enlarge enlist enrol enroll ensure enter erase
    erect escalate escort establish estimate evacuate evaluate examine excavate exchange execute
    exercise exhibit expand expedite experiment explain explore export extend extract facilitate
    fact-check fasten fax feed fence fertilise fertilize fetch fight figure file fill film
    filter finalise finalize find finish fit fix flag flatten flip fold follow follow-up
    forecast forge format formulate forward frame freeze frost fry fuel fulfil fulfill fumigate
    fund furnish garnish gather gauge generate get gift give glaze glue go grab grade grant
    grate grease greet grill grind groom grout grow guide hammer hand handle hang harden harvest
    haul heat help hem hide highlight hire hoist hold hone hoover host hunt identify illustrate
    implement import improve include increase inflate inform inquire insert inspect install
    instrument insulate insure integrate interpret interview introduce invent inventory
    investigate invite invoice iron issue join jot judge juice jump keep kick knead knit label
    lace laminate launch lay layout lead learn lease lend lengthen let level liaise license lift
    light limit link list load localise localize locate lock log look lower lubricate lug mail
    maintain make manage map marinate mark market mash mask massage master match measure mediate
    meet memorise memorize mend mentor merge message migrate milk mill mix mobilise mock model
    moderate modernise modify moisten monitor mop mould mount move mow mulch multiply nail name
    negotiate nominate normalise notify nurse observe obtain offer oil onboard open optimise
    optimize orchestrate order organise organize outline outsource overhaul oversee own pack
    package pad paint pair park parse patch patrol pause pave pay peel perform persuade phone
    photocopy photograph pick pilot pin ping pinpoint pitch place plan plant plaster play pledge
    plough plow plug plumb polish populate port post postpone pour practice practise pray
    preheat prepare prescribe present preserve press pressure-wash preview price prime print
    prioritise prioritize prise process procure produce profile program project promote
    pronounce proof-read proofread propose protect prototype prove provide provision prune
    publish pull pump punch purchase purge push put qualify quantify query quilt quiz quote rack
    raffle raise rake ramp rank rate reach read reassign reassure rebase rebook reboot rebrand
    rebuild recall recap receive recharge reconcile reconfirm reconnect record recount recover
    recruit rectify recut recycle redecorate redeploy redesign redirect redo reduce refactor
    refer refill refine refit refresh refuel refund regain register regulate rehang rehearse
    reheat reimage reimburse reinstall reject relabel relay release relight reload relocate
    remake remeasure remind remodel remove rename render renegotiate renew renovate rent reopen
    reorder repack repaint repair replace replant replay replenish reply report repot reprice
    reprint reproduce reprogram request reseal research resell resend reserve reset reshape
    reship reshoot resit resize resolve respond restack restart restock restore restring
    restructure resubmit resupply retest retouch retrain retrieve return retype reupholster
    reupload reuse revamp revert review revise rewind rewire rework rewrite rig ring rinse rip
    roast roll rotate route rub run sample sand sanitise save scaffold scale scan scatter
    schedule scoop scope score scour scout scrap scrape scratch screen screenshot script scrub
    sculpt seal search seat secure seed seek segment seize select sell send separate serve
    service set settle setup sew shadow shake shape share sharpen shave shear shelve shift shine
    ship shoot shorten shovel show shred shuffle shut sieve sift sign simmer simplify simulate
    sing sip sit size sketch skim slice smoke smooth snap soak soften solder solve sort source
    sow spackle speak speed spell spend spice spin splice split sponsor spot spray spread
    spring-clean spruce squeeze stack stage stain stamp staple start steam steer sterilise
    sterilize stick stir stitch stock stop store straighten strain stream strengthen stretch
    string strip stroke stub study stuff style subcontract submit substitute subtract suggest
    sum summarise summarize summon supervise supply support survey suspend swap sweep swipe
    switch sync synthesise tabulate tack tag tailor take talk tally tap tape target taste tax
    teach tell tend terminate test thank thaw throw tick tidy tie tighten tile toast toss touch
    tow trace track train transcribe transfer transform translate transplant transport trap
    treat triage trial trigger trim troubleshoot truncate try tuck tune turn tutor tweak tweet
    type unblock unbox unclog uncover undertake undo unify uninstall unload unlock unmount
    unpack unplug unroll unscrew unseal unsubscribe unveil unwrap upcycle update upgrade upload
    use usher utilise utilize vacuum validate varnish vectorise vectorize vent ventilate verify
    vet video view visit voice volunteer vote wait wake walk wallpaper warm warn wash watch
    water wax weave weed weigh weld whip whisk widen wind wipe wire withdraw wrap wring write
    yield zip
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# Also nouns that stand where a verb could: "Ana report on Q3" is work, "Ana report" hardly.
_IRREGULAR = {"does": "do", "goes": "go", "has": "have", "is": "be"}
_DOUBLED = frozenset("bdgklmnprt")


# Past forms that are no plain form with an ending.
IRREGULAR = {
    "wrote": "write", "bought": "buy", "sent": "send", "made": "make", "built": "build", "drew": "draw",
    "took": "take", "found": "find", "got": "get", "held": "hold", "paid": "pay", "ran": "run", "sold": "sell",
    "taught": "teach", "told": "tell", "did": "do", "gave": "give", "brought": "bring", "drove": "drive", "led": "lead",
    "met": "meet", "chose": "choose", "cut": "cut", "set": "set", "put": "put", "shot": "shoot", "swept": "sweep",
    "hung": "hang", "dug": "dig", "sewed": "sew", "fed": "feed", "laid": "lay", "kept": "keep", "froze": "freeze",
}  # fmt: skip
_PREFIXES = ("re", "un", "pre", "over", "dis", "de", "re-", "pre-", "under")


@lru_cache(maxsize=8192)
def is_base(word: str) -> bool:
    """Return whether a word is a known verb in its plain form, or one with a prefix: "re-ice"."""
    if word in BASE:
        return True
    return any(
        word.startswith(prefix) and len(word) - len(prefix) > 3 and word[len(prefix) :] in BASE  # noqa: PLR2004
        for prefix in _PREFIXES
    )


def imperative(word: str) -> str | None:
    """Return the plain form of a verb in the third person, None where it is none.

    Only for verbs that are known: a plural noun is never cut.
    """
    if word in _IRREGULAR:
        base = _IRREGULAR[word]
        return base if base in BASE else None
    if not word.endswith("s") or word.endswith("ss"):
        return None
    forms = [word[:-1]]
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    return next((form for form in forms if is_base(form)), None)


def third_person(word: str) -> str | None:
    """Return the plain form of what must be a verb in the third person, known or not."""
    if not word.endswith("s") or word.endswith(("ss", "us", "is")) or len(word) < 4:  # noqa: PLR2004
        return None
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def from_gerund(word: str) -> str | None:
    """Return the plain form of a known verb that ends in -ing."""
    if not word.endswith("ing"):
        return None
    stem = word[:-3]
    forms = [stem, stem + "e"]
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] in _DOUBLED:  # noqa: PLR2004
        forms.insert(0, stem[:-1])
    return next((form for form in forms if form in BASE), None)


def from_past(word: str) -> str | None:
    """Return the plain form of a known regular verb that ends in -ed."""
    if not word.endswith("ed"):
        return None
    stem = word[:-2]
    forms = [stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem[:-1]]
    return next((form for form in forms if form in BASE), None)


@lru_cache(maxsize=8192)
def is_verb(word: str) -> bool:
    """Return whether a word is a known verb, plain or in the third person."""
    return is_base(word) or imperative(word) is not None


@lru_cache(maxsize=8192)
def is_past(word: str) -> bool:
    """Return whether a word is the past form of a known verb."""
    return word in IRREGULAR or from_past(word) is not None
