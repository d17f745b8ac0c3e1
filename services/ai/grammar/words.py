"""Words that are read over, and the verbs by which work is asked for."""

import re

_POLITE = (
    r"please|pls|plz|kindly|hey|hi|hello|ok(?:ay)?|so|well|um+|uh+|hmm+|er+m?|like|just|also|and|but|then|now|yo|alright|right|"
    r"can (?:you|we|somebody|someone)(?: please)?|could (?:you|we|somebody|someone)(?: please)?|would (?:you|we)(?: please)?|will you|"
    r"(?:it )?(?:would|'d) be (?:great|good|nice|cool|lovely) (?:if|to)|i(?:'d| would) (?:like|love)(?: for)?|i (?:want|need|wish)(?: for)?|"
    r"we (?:need|want|have|should|must)(?: to)?|(?:please )?(?:make|be) sure(?: that)?(?: to)?|(?:please )?(?:don't|do not|dont) forget(?: to)?|"
    r"remember to|new tasks?:?|todo:?|to-do:?|to do:|tasks?:|add (?:a )?(?:new )?task(?: to|:)?|create (?:a )?(?:new )?task(?: to|:)?|"
    r"there is|there's a need to|someone|somebody|anyone|anybody|the team|one of us|whoever|"
    r"needs? to|has to|have to|should|must|to be|let's|lets|let us|maybe|probably|perhaps|finally|quickly|guys|team|everyone|"
    r"get|have|ask|tell|let|need|want|to"
)
LEADING = re.compile(rf"^(?:[\s,;:.!\-–—•*\x1f]+|(?:{_POLITE})(?![\w'-])[\s,:\x1f]*)")
# Verbs of `_POLITE` that are work where a thing follows them: "get the keys", "need" never is.
KEEP_IF_WORK = re.compile(
    r"^(?:get|have|let|like|right|ask|tell) (?:the|a|an|some|new|all|our|my|\d|in touch|rid|ready|quotes?|feedback)\b"
)
FILLERS = re.compile(
    r"(?<![\w'-])(?:um+|uh+|hmm+|er+m|you know|i mean|kind of|sort of|i guess|i think|probably|please|pls|plz)(?![\w'-]),?"
)
TRAILING = re.compile(
    r"(?:[\s,;:.!\-–—(\x1f]|(?<![\w'-])(?:please|pls|plz|thanks|thank you|thx|by|before|due|until|on|at|for|and|then|ok|okay|asap|with|"
    r"latest|deadline|priority|prio|like|both|all of them|it's|is|this is|that's|sometime|the|in|after that|afterwards?|later))+$"
)
BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)]|\[ ?\])\s+")

VERBS = frozenset(
    ["accept", "activate", "add", "address", "adjust", "allocate", "analyse", "analyze", "announce", "answer", "apply", "approve", "archive", "arrange", "ask", "assemble", "assess", "assign", "attach", "audit", "automate", "back", "backup", "benchmark", "block", "book", "brief", "bring", "budget", "build", "buy", "calculate", "call", "cancel", "change", "charge", "chase", "check", "choose", "clarify", "clean", "clear", "close", "code", "collect", "compare", "compile", "complete", "compress", "configure", "confirm", "connect", "consolidate", "contact", "convert", "coordinate", "copy", "correct", "count", "create", "cut", "debug", "decide", "decorate", "define", "delete", "deliver", "demo", "deploy", "describe", "design", "develop", "disable", "discuss", "distribute", "document", "double", "download", "draft", "draw", "drop", "edit", "email", "enable", "encrypt", "ensure", "enter", "estimate", "evaluate", "examine", "expand", "explain", "export", "extend", "extract", "file", "fill", "film", "finalise", "finalize", "find", "finish", "fix", "follow", "forward", "freeze", "gather", "generate", "get", "give", "go", "grant", "greet", "handle", "hand", "hang", "hire", "host", "identify", "implement", "import", "improve", "increase", "inform", "inspect", "install", "integrate", "interview", "introduce", "investigate", "invite", "invoice", "issue", "join", "keep", "label", "launch", "lay", "lead", "learn", "lease", "link", "list", "listen", "load", "localise", "localize", "lock", "log", "look", "maintain", "make", "manage", "map", "measure", "meet", "merge", "message", "migrate", "mock", "model", "modify", "monitor", "move", "negotiate", "notify", "onboard", "open", "optimise", "optimize", "order", "organise", "organize", "outline", "pack", "paint", "patch", "pay", "perform", "phone", "pick", "ping", "plan", "polish", "post", "prepare", "present", "print", "prioritise", "prioritize", "process", "produce", "profile", "proofread", "propose", "prototype", "provide", "provision", "prune", "publish", "pull", "purchase", "push", "put", "raise", "reach", "read", "rebuild", "rebrand", "recheck", "record", "recruit", "recycle", "redeploy", "redesign", "redo", "reduce", "refactor", "refresh", "refund", "register", "reinstall", "reject", "release", "remind", "remove", "rename", "renew", "rent", "reorder", "reorganize", "repair", "replace", "reply", "report", "reproduce", "request", "rerun", "research", "reserve", "reset", "resize", "resolve", "respond", "restart", "restock", "restore", "retest", "retry", "return", "revamp", "review", "revise", "rework", "rewrite", "roll", "rotate", "run", "save", "scan", "schedule", "scrub", "search", "secure", "see", "select", "sell", "send", "separate", "serve", "set", "setup", "share", "ship", "shoot", "shorten", "show", "shred", "sign", "simplify", "sketch", "sort", "source", "speak", "speed", "spend", "split", "stage", "standardise", "standardize", "start", "stop", "store", "streamline", "study", "submit", "summarise", "summarize", "supply", "support", "survey", "sweep", "switch", "sync", "take", "talk", "tally", "teach", "tell", "test", "tidy", "track", "trace", "train", "transcribe", "transfer", "translate", "triage", "trim", "troubleshoot", "try", "tune", "turn", "tweak", "tweet", "type", "unify", "uninstall", "unpack", "update", "upgrade", "upload", "validate", "verify", "visit", "wash", "water", "wipe", "wire", "work", "wrap", "write"]
)
# Endings of the third person: "writes" → "write", "fixes" → "fix", "carries" → "carry".
_IRREGULAR = {"does": "do", "goes": "go", "has": "have", "is": "be"}
_NOT_VERBS = frozenset(
    ["process", "address", "discuss", "access", "assess", "press", "pass", "focus", "business", "series", "news", "status", "always", "this", "news", "details"]
)


def imperative(word: str) -> str | None:
    """Return the imperative of a third-person verb, None where the word is none."""
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low in _NOT_VERBS or not low.endswith("s") or low.endswith("ss"):
        return None
    if low.endswith("ies") and low[:-3] + "y" in VERBS:
        return low[:-3] + "y"
    if low.endswith("es") and low[:-2] in VERBS:
        return low[:-2]
    return low[:-1] if low[:-1] in VERBS or low[:-1].startswith(("re", "pre", "un")) else None


def is_verb(word: str) -> bool:
    """Whether a word asks for work, as an imperative."""
    low = word.lower().strip(",.:;!")
    return low in VERBS or (low.startswith(("re-", "pre-")) and low[3:] in VERBS)
