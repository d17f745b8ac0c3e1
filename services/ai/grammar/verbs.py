"""The verbs of work, and how their forms lead to the imperative of a title."""

BASE = frozenset(
    """
    accept access add address adjust advertise align allocate analyse analyze announce answer
    apply appoint approve archive arrange ask assemble assess assign attach attend audit
    automate back backup balance ban bake benchmark bill block blog book boost brainstorm break
    brief bring browse budget build bundle buy calculate calibrate call cancel capture catch
    change charge chase check choose circulate claim clarify clean clear click clone close coach
    code collate collect combine comment compare compile complete compose compress compute
    conduct configure confirm connect consolidate contact contract convert cook coordinate copy
    correct cover crash create crop customise customize cut debug decide decline declutter
    decommission decorate define delete deliver demo deploy deprecate describe design destroy
    detail determine develop diagnose digitise disable disconnect discuss dispatch display
    distribute do document double download draft draw drive drop duplicate edit eliminate email
    enable encrypt enforce engage enhance enter establish estimate evaluate examine exchange
    execute expand experiment explain explore export extend extract facilitate fetch figure file
    fill film filter finalise finalize find finish fit fix flag flip follow forecast format
    forward frame freeze fund gather generate get give go greet grow guide hand handle hang
    harden help hide hire hold host identify illustrate implement import improve include
    increase inform insert inspect install instrument insure integrate interview introduce
    inventory investigate invite invoice issue join keep kick label laminate launch layout lead
    learn lease let level license limit link list load localise localize locate lock log look
    lower mail maintain make manage map mark market measure meet mend mentor merge message
    migrate mock model moderate modify monitor mop mount move mow name negotiate normalise
    notify observe obtain offer onboard open optimise optimize orchestrate order organise
    organize outline overhaul oversee own pack package paint pair park parse patch pause pay
    perform phone photograph pick pilot pin ping place plan plant polish populate port post
    postpone practise practice prepare present preview price print prioritise prioritize process
    procure produce profile program promote proofread propose protect prototype prove provide
    provision prune publish pull purchase purge push put query quote raise ramp reach read
    rebase reboot rebuild recall record recover recruit recycle redeploy redesign redirect redo
    reduce refactor refill refine refresh refund register reimburse reinstall reject release
    remake remind remove rename render renegotiate renew renovate rent reorder repaint repair
    replace reply report reproduce request research reserve reset resize resolve respond restart
    restock restore restructure retest retouch return reuse revamp revert review revise rewrite
    rework ring roll rotate route run sanitise save scale scan schedule scope score screen
    screenshot script seal search secure select sell send separate serve set setup shadow share
    ship shoot shorten show shred shut sign simplify simulate size sketch solve sort source
    speak speed spin split sponsor stage start stock stop store strip stub style submit
    summarise summarize supervise supply support survey swap sweep switch sync take talk target
    teach tell test tidy tighten touch trace track train transcribe transfer transform translate
    trigger trim triage troubleshoot try tune turn tweak tweet type unify unsubscribe update
    upgrade upload use vacuum validate verify video visit walk warn wash watch water wipe wire
    wrap write zip
""".split()  # noqa: SIM905 -- words, not quotation marks
)
# Also nouns that stand where a verb could: "Ana report on Q3" is work, "Ana report" hardly.
_IRREGULAR = {"does": "do", "goes": "go", "has": "have", "is": "be"}
_DOUBLED = frozenset("bdgklmnprt")


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
    return next((form for form in forms if form in BASE), None)


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


def is_verb(word: str) -> bool:
    """Return whether a word is a known verb, plain or in the third person."""
    return word in BASE or imperative(word) is not None
