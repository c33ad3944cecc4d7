"""Acts that are told by their words: one table, read from top to bottom, over plain text (reading.plain).

A rule looks at single sentences; `where` says which. What a rule must not take is written in its own `unless`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.reading import asks, plain, sentences


class Where(Enum):
    """What a rule's words are searched in."""

    QUESTION = "one sentence that asks"
    STATEMENT = "one sentence that does not ask"
    SENTENCE = "any one sentence"
    MESSAGE = "the whole message"


@dataclass(frozen=True)
class Rule:
    """`words` and `unless` are regular expressions over the plain text; `after` over what the texter wrote before.
    A `sure` rule decides alone; the others are evidence for the model."""

    act: CounselorAct
    where: Where
    words: str
    unless: str = ""
    after: str = ""
    sure: bool = False


A, Q, S, M = CounselorAct, Where.QUESTION, Where.SENTENCE, Where.MESSAGE

DYING = (
    r"(kill(ing|ed)? (yourself|herself|himself|themselves|themself)|suicid\w+"
    r"|(end|ending|ended|take|taking|took) (your|her|his|their|this) (own )?li(fe|ves)"
    r"|(want\w*|wish\w*|rather|better|(like|thought\w*|thinking|dream\w*) (of|about))( you| to| she| he| they| were| was| be| off)* (die|dead|dying)\b"
    r"|(not|\w*n't|no longer) (want\w* )?(to )?(live|be(ing)? alive|exist(ing)?|wake up|living|be here any ?more)\b"
    r"|not be(ing)? (here|around|alive) any ?more|be alive any ?more|attempt on your life)"
)
DENIED = (
    r"\b(not|\w*n't|stop|won't be|no longer|never) (asking|ask|talking|talk|going to ask)( you)?( any ?more| again)? about"
    r"|\b(i|we) (asked|ask you|ask everyone|was asking|mentioned)\b[^?]*because|that'?s why i asked"
    r"|\bsays? (that )?suicide|(film|book|song|movie|show|series|lesson|class|talk|sermon)s? (about|on) suicide"
)
LEADING = (
    r"\b(you|u) (are not|aren't|wouldn't|won't|would never|would not|don't|haven't|didn't)\b[^?]*"
    r"(\bare you|\bwould you|\bwill you|\bdo you|\bhave you|\bright|\bsurely|\bi hope|\bi trust|\bi take it|\bthough)\b[^a-z]*$"
    r"|\byou're not\b[^?]*(\bare you|\bright|\bi hope|\bsurely)\b[^a-z]*$|^(please )?(tell|promise) me (that )?you('re| are) not\b"
    r"|\bi (hope|trust|assume|presume) (that )?you('re| are)(n't| not)\b"
)
RISKY = (  # what the texter's last words must hold for a short follow-up question to be about the ladder
    r"suicid|kill|\bdie\b|\bdying|dead|end (it|my|things|everything)|plan\b|pills|\bgun|thought (of|about) (it|how)|how (i'd|i would)"
    r"|not (be|being) here|(do|did|doing) it\b|(yes|yeah|yep|yh|ya|kind of|i guess|i do|most days|maybe)\b|tonight|soon|wrote|letters?"
    r"|goodbye|stuff|ready|date|sharp|attempt|tried|overdos|cut"
)
SILLY = (
    r"(silly|stupid|daft|foolish|rash|drastic|dumb|crazy|reckless|the unthinkable|anything bad|something bad|that kind of thing"
    r"|harm'?s way|dark (ideas|stuff)|bad thoughts|(you|we)('d| would| might) regret|the unthinkable|(a )?permanent (decision|solution))"
)

RULES: tuple[Rule, ...] = (
    # The ladder. A sure rule names dying, or the step, in plain words; a leading "you're not ..., are you?" is none.
    Rule(A.EUPHEMISM, S, rf"\b(do|doing|did|does|thinking|think|considering|contemplating|about|planning|having|have|any)\b.{{0,40}}\b{SILLY}",
         unless=r"\b(i|we|he|she|they) did\b|why\b", sure=True),
    Rule(A.EUPHEMISM, S, r"^\W*(and |but |so |ok |well )*no (dark|bad|silly|funny) \w+|\bnot \*?that\*? \w+.{0,20}(hopefully|i hope|right)|done but not that|hopefully\W*$", after=RISKY + r"|want to go|done|without me|worth"),
    Rule(A.EUPHEMISM, S, LEADING, unless=r"\b(alone|eaten|slept|told|tell|want|sure|ready|feel|know|have to|need)\b"),
    Rule(A.EUPHEMISM, S, rf"(?=.*\b{DYING})(?=.*({LEADING}))", sure=True),
    Rule(A.RISK_PAST, Q, r"\b(ever|before|previous|earlier|last time|in the past|when was|how long ago|how many times|once)\b.*"
         r"\b(tried|try|attempt\w*|acted on|hurt yourself|kill(ed)? (yourself|herself|himself)|end(ed)? your life|take your (own )?life)\b"
         r"|\b(tried|try|attempt\w*|acted on)\b.*\b(before|ever|earlier|in the past|once|previously|already|how many times|last (year|time))\b"
         r"|\bsuicide attempt|\ban attempt\b|\battempted\b|\battempt on (your|her|his) life|have you (ever )?tried to (die|kill|end|take)"
         r"|(did|have|had) (you|she|he|they) (ever )?(try|tried) to (kill|end|die|take)",
         unless=rf"{DENIED}|{LEADING}|\bwhy\b|someone (else )?(try|tried)|\btried (\w+ing\b|talking|to (talk|tell|sleep|speak|eat|call))", sure=True),
    Rule(A.RISK_PAST, Q, r"\b(got|came|come) close to (doing|it|acting)|\bhow (many|often).*\btimes\b|\b(felt|feel) (this|like this) (bad )?before\b|\b(did|have) (you|he|she) (ever )?(try|tried|do|done) (something|anything|it)\b",
         after=RISKY),
    Rule(A.RISK_SELF_HARM, Q, r"\bself[- ]?(harm\w*|injur\w*)|\b(cut|cutting|harm|harming|hurt|hurting|injure|injuring|burn\w*) (yourself|herself|himself|themselves|your (body|arms?|legs?|skin))"
         r"|\b(are|been|do|still|urge|did|start\w*|keep) (you |to |still |been )*(cut|cutting)\b(?! (down|off|out|back|class))|\b(harm\w*|hurt\w*) (yourself|herself) on purpose",
         unless=rf"{DENIED}|{LEADING}|\b(tonight|right now|just now|today|take anything|taken anything|with it)\b|or (others|someone|anyone)"),
    Rule(A.RISK_NOW, Q, r"\b(are|is) (you|she|he|they) (still |both )?(safe (right now|now|tonight|at the moment|this (minute|moment))|in (any )?(immediate )?danger|out of (immediate )?danger|about to (hurt|kill|harm|do))\b|\b(right now|this (minute|moment))\b.{0,20}\bsafe\b|^\W*(and |good\W+|ok\W+)*(are )?you (still )?safe\b|\bstay safe (right now|tonight|while|for the next)|\bkeep yourself safe\b"
         r"|\b(have|did) (you|she|he|they) (already |just )?(hurt|harm(ed)?|injure[d]?) (yourself|herself|himself)\b.*\b(tonight|today|already|now|just|yet|this (morning|evening))|\b(have|did) (you|she|he|they) (already |just )?(take|taken|took|swallow\w*|done) (something|anything)\b(?! (that|wrong|about|to make|nice|with|fun|for|else))(?!.*\b(planned|before|other|past)\b)|\balready (done|taken) (something|anything|it)\b"
         r"|\babout to hurt|hurting yourself (as we speak|right now|this minute)|need (a |any )?(doctor|medical|ambulance)|safe (for you )?to (text|write|keep texting|talk|be texting)",
         unless=rf"{DENIED}|{LEADING}|\b(feel|felt|makes? you feel|make it|keep it) safe(r)?\b|safety plan|\bsteps\b", sure=True),
    Rule(A.RISK_NOW, Q, r"\b(safe|danger|hurt|injured|bleeding)\b|\b(right now|this (minute|moment)|tonight)\b", unless=r"hurt (him|her|them|someone|your|the)|feel safe"),
    Rule(A.RISK_OTHERS, Q, r"\b(hurt|harm|kill|attack|hit|violen\w*|shoot|stab|punch|push)(ing|ed)?\b.{0,30}\b(him|them|someone|somebody|anyone|anybody|others?|other people|people|the baby|the kids?|your \w+|her)\b(?!self)"
         r"|\b(someone|somebody|anyone|anybody|others?|people|him|her|he|she|they|them|baby|your ex)\b.{0,25}\b(in danger|get(ting)? hurt|be(ing)? hurt|at risk)\b|violence (to|against)|danger (from you|to others)|is (he|she|the \w+) hurt\b|intend to harm",
         unless=rf"{DENIED}|\b(he|she|they|who|did he|did she|does he|has he|has she|anyone|anybody) (ever )?(hurt|hit|harm)\w* you\b|hurt (your|the) (feelings|back|head|leg|arm)|\b(does|did|has|is) (he|she|they) (ever |still )?(hurt|hit)"),
    Rule(A.RISK_PLAN, Q, r"\b(have|has|had|got|made|is there|was there|are there|any|form(ed)?|with|there) (you |she |he |they )?(got |had |made |been |already |ever |maybe |also )*(some |a |any |an )?(\w+ ){0,2}plans?\b(?! (for (the|your|this) (weekend|day|evening|holidays|week|night)|b\b|to (meet|go|see|eat|leave|visit|talk|call|tell)))"
         r"|\b(planned|planning|plan) (how|to (kill|end|die|take)|it\b|anything|out|your|suicide|the way|for it|where)|\b(thought|think|thinking|know|decided|worked out|working out|said|say|imagined|picture[d]?|idea|ideas) (about |of |out )?(how|a way|a method|ways|the way) (you|she|he|they|to|of|you're)"
         r"|\bhow (you|she|he|they)('d|'ll| would| might| will| were| want| plan)|\b(specific|particular) (way|method)|\ba (method|way) (in mind|of doing)|thought of a (method|way)|\bmade (any )?(plans|preparations|arrangements)|\b(prepared|preparations)\b",
         unless=rf"{DENIED}|{LEADING}|\b(safety|revision|study|meal|birth|payment|treatment|lesson|escape) plan|plan (for|that) (tonight|tomorrow|when|the morning)|how (you'd|you would) (like|feel|say|tell|describe|want|know)|how (you|she|he|they)('d|'ll| would| might| will)? (like|say|tell|put|describe|feel|know|react|take|cope|want|start|respond)"),
    Rule(A.RISK_PLAN, Q, r"\b(have|has|got|made|is there|any|form(ed)?) (you |she |he |they )?(got |had |made |already |ever )*(some |a |any )?(\w+ )?plans?( for (it|this|that|suicide|dying|ending))?[ ,.?]*(or\b.*|even\b.*|yet\b.*|how\b.*|and have you\b.*)?$"
         r"|\b(planned|thought|worked out|know|decided|planning|think)\b.{0,12}\bhow (you|she|he|they)('d|'ll| would| might| will)? (would )?(do|end|kill|take|die|go about|act)|plan to (kill|end your|take your)|(suicide|specific) plan|plan (for|to|of) (suicide|kill|end|dying)",
         unless=rf"{DENIED}|{LEADING}|safety plan", sure=True),
    Rule(A.RISK_MEANS, Q, r"\b(have|has|got|get|reach|access|near|with you|next to|in (the|your) (house|home|flat|room|bag|car|apartment)|at home|at hand|to hand|within reach|hold of|where (are|is)|close|far|nearby|around|kept?|locked?|drawer|there anything)\b.{0,80}"
         r"\b(pills?|tablets?|medic\w+|meds|gun|firearm|weapon|sharp|blades?|car keys|what (you|she|he)('d| would)( need| use)?|the means|means|thing you|it|them|those|something|anything you|that|use|stuff|things)\b"
         r"|\b(pills?|tablets?|medic\w+|meds|gun|firearm|weapon|keys|means|what (you|she|he)('d| would)( need| use)|the thing (you|she|he)|anything you)\b.{0,60}\b(have|has|got|get|reach|access|near|with you|in (the|your)|at home|at hand|to hand|where|close|around|now|there)\b",
         after=RISKY, unless=rf"{DENIED}|{LEADING}|\b(support|someone|friends?|anyone|plan)\b"),
    Rule(A.RISK_MEANS, S, r"\b(access to|hold of|get to|have|has|got|near|reach of|within reach|need)\b.{0,25}\b((what|whatever|the thing|something|anything|things|that) (you|she|he)('d| would|'ve| have)? ?(were |was |be )?(thinking of |planned to |thought of |thought about |want\w* to )?(need|use|using|used)|the means|means (to|are|is))"
         r"|(what|whatever|the thing|thing) (you|she|he)('d| would| might| want to| wants to| planned to) (use|need)\b.{0,40}\b(there|near|have|house|home|with you|around|reach|hand|got)|could (you )?(hurt|harm|kill) yourself with|the means\b",
         sure=True),
    Rule(A.RISK_MEANS, Q, r"\b(pills?|tablets?|medication|medicines?|meds|gun|firearm|weapon)\b.{0,30}\b(with you|at home|near you|in (the|your) (house|home|flat|room)|right now|there|to hand|get to)\b|\b(have|got|access to|get to|reach) (any |the |your |those |these |his |her )?(pills?|tablets?|gun|firearm|weapon)\b",
         unless=rf"{DENIED}|\bdo you take\b|prescri"),
    Rule(A.RISK_TIMEFRAME, Q, r"^(?:\W*(and|ok|so|but|thank\w*)\W*)*(when|how soon|how long|what (day|date|time|night|hour)|is it (for|planned|tonight|today|this)|tonight|today|is there a (day|date|time)|how near)\b|\bwhen (would|do|are|were|is|does|did|will|you|she)\b|\b(a|the|any|some|which|what|particular|specific) (day|date|time|moment|night|timeframe) (in mind|set|picked|chosen|you|for)|\b(tonight|today|this week|tomorrow|soon)\b.*\?|(decided|fixed|settled|set) (up)?on (a|the) (date|day|time|particular)|pushing it back|the next (day|few|hours|24|48)|(day|date|time)s? (or|,)",
         after=rf"{RISKY}|waiting|until|til\b|after|before|when|if\b|now|back|christmas|birthday", unless=rf"{DENIED}|\b(safe|hurt yourself|when did|when was|last|start|sleep|ate|eat|for you)\b"),
    Rule(A.RISK_TIMEFRAME, Q, r"\bwhen\b.{0,30}\b(planning|plan|planned|thinking|thought|intend\w*|going|mean) (of |about |to |on )?(do|doing|die|dying|end|ending|kill|killing|act|acting|this|it)\b|\bwhen (would|will|are|were) (you|she|he|they) (do|be doing|going to|thinking|planning)|\bact(ing)? on (it|this|that|those|them|these|the|your)\b.{0,30}\b(today|tonight|soon|next|this week|now)|\b(a|any) (day|date|time) (in mind|set|picked|chosen|you (chose|picked|have))|time ?frame|how (soon|long until)|date in mind|decided (up)?on a (date|day|time)",
         unless=rf"{DENIED}|how soon (can|could|do)", sure=True),
    Rule(A.RISK_THOUGHTS, Q, rf"\b{DYING}",
         unless=rf"{DENIED}|{LEADING}|\b(tried|try|attempt\w*|acted on)\b|\b(plans? (for|to|of|yet|or)|a plan|any plans?|planned|making plans|getting ready|method|worked out|already (done|taken)|timeframe)\b"
         r"|\bhow (you|she|he|they)('d| would| might| plan)|\bwhen (would|are|were|will|did|do) (you|she|he)('re)? (plan|think|intend|want)|(keeps?|kept|stop\w*) you\b|part of you (that|which|who)\b|reasons? to|about to (end|kill)|in the middle of|(did|have) (you|she|he) (take|taken|done|do)\b|could use"),
    Rule(A.RISK_THOUGHTS, M, rf"\b(people|sometimes|some|those who|others)\b[^?]*\b{DYING}[^?]*[.!,;:] *(and |so |but )?(do|are|have|is|does|has) (you|that|it|this)\b[^?.]{{0,40}}\?", unless=DENIED, sure=True),
    Rule(A.RISK_THOUGHTS, Q, r"\b(mean|meaning|as in|like|or|into|of|about)\b.{0,25}\b(dying|death|die\b|dead|suicide|ending (it|things|everything)|being alive|end it( all)?)\b|(suicidal|thoughts of suicide)",
         unless=rf"{DENIED}|{LEADING}|\b(plan|attempt\w*|tried|how you|when|before)\b|(die|dying|died|death|dead).{{0,15}}(mum|dad|mother|father|wife|husband|gran|dog|cat)"),
    Rule(A.RISK_MEANS, Q, r"\b(something|anything|nothing|what|whatever|the (one|ones|thing|things)|those|that)\b.{0,40}\b(you|she|he)('d| would| could| might|'ve| have| had)? ?(\w+ )?(thought (about|of) |considered |planned (to |on )?|thinking (about|of) )?(use|using|used)\b"
         r"|\bis what (you|she|he) (use|keep looking at)",
         after=rf"{RISKY}|no\b|not\b|wish|thing", unless=rf"{DENIED}|{LEADING}|\b(used to|to help|calm|when you're|cope|app)\b"),
    Rule(A.RISK_MEANS, Q, r"\b(is|are|have|has|got|get|where|does|do|can|could|how)\b.{0,50}\b(within (your |her |his )?reach|to hand|at hand|close by|near (you|it|by)|nearby|in (the|your|her|his|that) (room|house|home|flat|bag|drawer|car|apartment|pocket)|at home|with you|on you|hold of|get (to|at|into) (it|them|that|the|your|his|her)|reach (it|them)|locked|lock(s|ed)? (it|them))\b"
         r"|^\W*(and |so |ok |then )*where('s| is| are) (it|they|those|the (car )?(keys?|gun|pills|medication|medicine))\b",
         after=r"pills|tablet|medic|meds|gun|weapon|sharp|bought|got (it|them|some|something|what|everything)|have (it|them|some|what|thought|something)|thought (of |about )?(how|a way)|saved|kept?|keeps|stuff|drawer|cabinet|shed|cupboard|pocket|a plan|know(s)? how|\bcar\b|ways\b|find something|under my|stash|prescri",
         unless=rf"{DENIED}|{LEADING}|\b(someone|anyone|support|people|friends?|mum|safe)\b"),
    Rule(A.RISK_TIMEFRAME, Q, r"\b(a|any|some|which|what|particular|specific|certain|the) (day|date|night|time)\b.{0,30}\b(set|picked|pick|in mind|chosen|chose|decided|thinking of|thought of|heading|for it|you'd|for doing)\b|\b(set|picked|chosen|chose|fixed on|decided on|settled on) (on )?(a|the|any|which|when) ?(day|date|night|time)?\b"
         r"|\b(how|way|a plan|planned)\b.{0,20}\b(or|and)( about| of)? (when|a day|a time|a date)\b|\bany idea (of )?when\b|^\W*(and |so |ok |then )*when (would|will|were|are|do|did) (it|that|this|you|she|he)( be| thinking| planning| going|'re| mean)\b|\bsomething (you've|you have|you're) (thought of|thinking of) for (tonight|today)",
         unless=rf"{DENIED}|{LEADING}|\b(worst|worse|meet|funeral|start|last)\b"),
    Rule(A.RISK_TIMEFRAME, Q, r"^\W*(and |so |ok |then |or )*(when(,| do you think|\?|$)|how soon|is it (for )?(tonight|today|soon|this week)|(for )?(tonight|today|soon)\?|a day\?|until when|(back )?to when|which day|what (day|date))|\b(soon|tonight|today|this week|days|weeks)\b,? (or|meaning)\b.{0,40}\?|\b(has|does) (it|that|the day) (moved|got any closer|still feel)|when('s| is) (that|it|your|the)\b",
         after=r"\b(soon|not (now|yet)|after|before|when|until|til|waiting|wait|day|date|week|tonight|everything (i need|is)|plan|ready|it (here|all)|pushing|would do it|going to|gonna|next|one day|birthday|bday|christmas|xmas|gone)\b",
         unless=rf"{DENIED}|\b(safe|exam|home|meeting|appointment|class|interview)\b"),
    # Harmful acts with words of their own.
    Rule(A.WHY_QUESTION, Q, r"^\W*(and |but |so |then |well |ok |lol |ugh |hm+ )*(why\b|how come\b|what made you (go|do|say|think)\b)|\bwhy (on earth )?(did|do|would|are|were|didn't|don't|haven't|wouldn't|have|is it|not)\b.*\byou\b|^why",
         unless=r"(wonder|understand|see|know|tell me|telling me|ask(ed)?) why|why i (ask|am asking)", sure=True),
    Rule(A.PROMISE, S, r"\bi (can )?(promise|swear|guarantee|give you my word)|\bpromise (you )?(it|that|i|we)\b|\b(i|we)('ll| will) (always|never)\b|\bnobody (will|'ll) ever (know|find)|\bfor sure\b|100 ?%|\bdefinitely (be|get|come|work)|\bi'll be (always )?(here|there) (always|every|forever)|will be always",
         unless=r"can't promise|cannot promise|can not promise|n't promise|not going to promise|not promise|won't promise|\?$"),
    Rule(A.SELF_DISCLOSURE, S, r"^\W*(me too|same here|omg same|same!?|mine (too|did|was)|snap)\b|\b(i|i've|i'd) (also |too )?(went through|lost my|was (also |too )?(dismissed|bullied|depressed|divorced|alone|fired|dumped|single)|had (a|an|the|that|my) \w+|used to|cried|got (them|dumped|divorced)|have (that|the same|two|three|a (son|daughter|dog|cat|sister|brother)))\b|\bwhen i (was|came|had|lost|left|got|went)\b|\bmy (own )?(mum|mom|dad|wife|husband|sister|brother|son|daughter|ex|cat|dog|gran|nan|parents|partner|girlfriend|boyfriend|kids?|therapist|boss|first year)\b",
         unless=r"\?$|^\W*\"|supervisor"),
    Rule(A.ADVICE, S, r"\byou (should|ought to|must|need to|have to|just need|'d better|had better)\b(?! (answer|know))|\b(if i were you|i would (just |try|get|tell|leave|call)|i'd (just |get|tell|try|leave|call|suggest|recommend)|what i would do|my advice|why don't you|how about you|try to\b|just (try|go|tell|talk|leave|quit|block|ignore|stop|call|ask|be)\b)|^\W*(try|make|go|join|get|stop|start|take|write|block|leave|talk to|tell|ignore|quit|drink|put|download|focus|avoid)\b|\bhave you (tried|considered|thought about|thought of) (talking|telling|to |going|a |the |seeing|using|just|yoga|writing|making|getting)",
         unless=r"\b(safe|take (your|all the|ur) time|no need|must (be|have|feel)|go on|ambulance|emergency|supervisor|tell me|you don't have to|door|take care)\b|\bmust've|nothing you (should|have to|need to)"),
    Rule(A.MINIMISE, S, r"^\W*(well |oh |but |come on |aw )*at least\b|\b(it'll|it will|this will|that will|things will) (all )?(pass|be (ok|fine|alright|good|over)|blow over|get better)|could be worse|others? have it|worse off|plenty more fish|(don't|not) worry( about)?|cheer up|look on the bright|not the end of the world|everyone (goes through|feels|has)|it's (just|only) (a|an)\b|\bonly (a|an) \w+|you'll (be (fine|ok|alright)|get over|look back|laugh)|it can(not|'t) be (as|that) bad|you are young|everything will be|silver lining|blessing in disguise|not (that|so) bad|that's nothing|happens to everyone",
         unless=r"\?$"),
    Rule(A.BOT_QUESTION, Q, r"\b(are you|am i|is (this|it|that|there)|who are you)\b.{0,40}\b(bot|robot|real|human|machine|computer|program|ai|person|prank|joke|made up|pretending|trainer|test|genuine|actual)\b|\b(bot|robot|machine|a computer program)\b"),
    Rule(A.STACKED_QUESTIONS, M, r"(\?[^?]+){2,}\?|\?[^?]*,[^?]*,? (and|or) (what|where|how|who|when|did|do|does|is|are|have|has|was|were)\b[^?]*\?|\b(who|what|when|where|how|did|do|does|is|are|have|has|was|were|had)\b[^,?]*, (and )?(who|what|when|where|how|did|do|does|is|are|have|has|was|were|had)\b[^?]*(,| and) (and )?(who|what|when|where|how|did|do|does|is|are|have|has|was|were|had)\b"),
    Rule(A.INTERROGATE, M, r"(\?|\.) *(how (many|long|old|much)|name|age|which|date|yes or no|exact\w*|precisely|who|since)\b[^?]*[?.]|\b(exactly|precisely|word for word|exact words|answer (the|my) question|you need to answer|yes or no\?)|\b(fault|to blame)\b.*\?"),
    Rule(A.RESOURCE_DUMP, S, r"\b(here (is|are)|here's|sending|sent|copying|listing|i (will|shall) (send|give|list|paste)|list of|the following|links?|websites?|site|forum|leaflets?|hotlines?|numbers|workbook|podcast)\b.*\b(link|links|list|site|sites|page|pages|app|apps|number|numbers|hotlines?|helplines?|services?|websites?|leaflets?|video|article|podcast|organi[sz]ations?|charities|book|finder|forms?)\b", unless=r"\?$|may i|would you|if you"),
    Rule(A.GRAPHIC_PROBE, S, r"\b(describe|tell me everything|every (single )?(detail|step)|in (full )?detail|details|what (does|did|do) (it|the|they) \w* ?(look|smell)|exactly (how|what|where)|how exactly|what exactly|show me|leave nothing out|how (deep|many did|much did))\b", unless=r"\b(don't|not|without|no) (need|want|going into)?.{0,12}details?"),
    Rule(A.ROBOTIC, M, r"\b(thank you for (contacting|sharing|your (honesty|message|response|patience|input))|your (feelings|message|concern\w*|wellbeing|input) (is|are|has|have)|i understand (your|that you are|how you feel)|we (value|apologi[sz]e|appreciate|take)|on a scale|please (continue|describe|rate|note|confirm|engage)|rate your|valid\b|you are (safe|enough|valued)|inconvenience|i am here to (support|help)|it is important (to|that))\b"),
    Rule(A.ABRUPT, M, r"\b(time'?s up|time is (up|over)|our time|next (one|person|texter|chat)|there'?s a queue|others (are )?waiting|must stop|i('m| am) closing|close the chat|moving on|got others|end(ing)? (this|the) (chat|conversation) now|anything else\?|i have to go|gotta go|gtg|one line)\b", after=r"^(?!.*\b(bye|night|thank|gtg)\b)"),
    # Warm and neutral acts.
    Rule(A.INTRO, M, r"\b(my name is|my name's|you're (texting|talking|through|speaking|chatting) (with|to)|you've reached|you are (through|texting|talking|connected))\b|^\W*(hi+|hey+|hello|hiya|good (morning|evening|afternoon))\b.{0,25}\b(i'm|i am|this is|here is|its|it's) (?!(here|glad|sorry|so|happy|listening|the|a|an|good|with|ok|still)\b)\w+|^\W*(this is|i'm|i am) (?!(here|glad|sorry|so|happy|listening|the|a|an|good|with|ok|still|not|going|really|getting|worried|asking|hearing|sending|staying|thinking|wondering|just|proud|calling|afraid)\b)\w+( here)?[ ,.:!]|\bone of the (\w+ )?volunteers\b|\w+ here[.,!]"),
    Rule(A.GREETING, M, r"^\W*(hi+|hey+|hello|hiya|yo+|good (morning|evening|afternoon|day)|welcome|yes,? (hello|hi)|evening|morning)\b", unless=r"\b(my name|i'm [a-z]+[,.]|volunteers?|you've reached|through to|this is)\b"),
    Rule(A.AGE_NAME, Q, r"\b(your (first )?name|how old|your age|what (can|should|shall|do|may) i call|which name|by what name|call you|where (are|do) you (from|live|based|texting)|which (country|state|city|town)|what (country|state|city)|to whom am i|who am i (talking|speaking|texting|chatting)|roughly your age|years old)\b", unless=r"(his|her|their|the (dog|cat|baby)'?s?) name|how old (is|are|was|were) (your|the|he|she|they)"),
    Rule(A.CHECK_IN, M, r"\b(still|you|are you) (there|with me|here|around|able to text)\b|\bhaven't heard|not heard|(just )?checking in|(you|are you) back\b|no worries.{0,15}back|(are|is) (you|everything) (ok|alright|all right)|all (ok|right|alright)\?|how (are|is) (you|things|it) (feeling |doing )?now|can you (still )?(text|write|type)\b|send me (a|one|even|any)|(a|your) dot\b|did (you|we) (get|lose)"),
    Rule(A.BACKCHANNEL, M, r"^\W*((ok|mm+|mhm+|hm+|uh ?huh|i see|go on|right|yes|yeah|yep|sure|oh|ah|got it|i'm (following|listening|reading|here)|listening|reading|take your time|no (stress|rush|worries)|thank you|thanks|alright|that's ok|noted|of course|understood|carry on|keep going|i'm with you|following|and then|what)\W*)+$"),
    Rule(A.TRANSPARENCY, M, r"\b(confidential|private|supervisor (reads?|can)|i (ask|asked|'m asking|am asking) (this|because|it|everyone|that|about)|we (ask|have about|can (text|talk))|(about|up to|around) (an hour|\d+ min\w*|45|forty)|not a (doctor|therapist|counsell?or)|trained volunteer|stays (between|private)|i (type|reply|answer|write) (slow|as fast|each|every)|free of charge|costs? you|can't promise|only if (your|someone)|keep (a )?(copy|record|note)s?|who (reads|sees))\b"),
    Rule(A.CLOSE, M, r"\b(good ?night|sleep well|take (good )?care|before we (stop|finish|end|go|close)|(text|write|come|message|reach out) (us |to us |back |in )?(any ?time|again|whenever)|any (hour|time)|here (any ?time|whenever|24)|(finish|stop|end|wrap\w*( up)?|leave it) (here|there|for (now|tonight|today)|up)|bye|thank you for (your trust|trusting|texting|talking|writing)|wrap(ping)? up|glad you (texted|wrote|reached))\b", unless=r"time is (up|over)|times up|must stop|queue"),
    Rule(A.ESCALATE, M, r"\b(ambulance|emergency (number|services?|line|help)|911|999|112|paramedics?|mobile crisis|my supervisor|send (someone|somebody|help)|help is on|stay with me|crisis team|bring in|what'?s? (is )?(the|your) address|need more help than)\b", unless=r"\b(only if|note|reads?|unless|may|might have to)\b"),
    Rule(A.RESOURCE, Q, r"\b(line|number|group|groups|service|services|app|nurse|meeting|centre|center|clinic|charity|organi[sz]ation|website|link|office|programme|program|helpline|details|name of)\b.*\b(want|would|like|may i|can i|could i|shall i|ok if|welcome|useful|interested|open to|should i|tell you|send)\b|\b(want|would|like|may i|can i|could i|shall i|ok if|welcome|of use|useful|interested|open to|should i)\b.*\b(line|number|group|groups|service|services|app|nurse|meeting|centre|center|clinic|charity|website|link|office|helpline|details)\b"),
    Rule(A.VALIDATION, S, r"\b(makes (a lot of |perfect |total |complete )?sense|no wonder|understandable|anyone would|most people|anybody would|of course you|(is|it's|that's|isn't) (\w+ )?(normal|human|natural|ok to|okay to)|allowed to|no (shame|sorry needed|need to (apologi[sz]e|be sorry))|good reason|reasonable|not (silly|weak|stupid|overreacting|crazy)|not being \w+ is|every \w+ (parent|person) gets)\b"),
    Rule(A.STRENGTH, S, r"\b(took (real |a lot of |so much )?(courage|guts|strength)|takes (guts|courage|strength)|brave|strong of you|(real|great|good) (strength|courage|judgement)|courage|proud of|you (managed|did it|still|found a way|kept|got through|made the)|(a )?strong heart|resourceful|anyway!|impressed|toughness|fighting|reached out)\b", unless=r"\?$"),
    Rule(A.SUMMARY, M, r"\b(sum(ming)? up|to summari[sz]e|so far\b|if i (may )?(draw|put|pull)|let me (see|check|try|tidy)|did i (get|miss|follow)|have i got|i('ve| have) heard|from the top|i take (two|three|four) things|putting (it|this) together|two (big )?things|three things|pull(ing)? (it|this|that) together)\b"),
    Rule(A.AUTONOMY, S, r"\b(your (call|choice|decision|pace|way|say)|up to you|you (choose|decide|pick|get to|say where|don't have to|can (also )?(say|stop|go|skip))|the decision|(under )?no obligation|no (pressure|need (to )?decide)|won't push|can't make you|yours to (tell|decide)|in charge|you're the (boss|one)|the boss|you are allowed|skip it|whatever you decide|then we don't)\b"),
    Rule(A.COLLABORATE, S, r"\b(shall we|let's|together|the two of us|between (us|the two)|you and (me|i)|want to (work|think|plan|write|look|try|practi[sc]e)|we (could|can) (think|look|work|sort|write|plan|try|make|list|go)|first (small )?step|one small|step by step|with you\?)\b"),
    Rule(A.GOAL, Q, r"\b(most helpful|would help (you )?(most|tonight|right now)|what (do|would|are|were) you (want|hope|hoping|like|need)( to (get|be|happen|take|come))?\b.*|focus on|get out of|hoping for|(one|which) thing|which of (the|them|those|these)|a bit (lighter|easier|better)|better (tonight|tomorrow)|be different|to aim|want (from|out of)|matters? most)\b"),
    Rule(A.COPING, Q, r"\b(what|has|did|does|do|anything|how|who)\b.*\b(help(s|ed|ing)?( you)?|calms?|calm|cope|coping|get(ting)? (you )?through|got (you )?through|worked|brought the|soothes?|settles?|do you do (when|that|to)|quieter)\b.*\b(last time|before|usually|when|you|now|past|so far|down|it|this|that)?", unless=r"most helpful|would help (most|tonight|right now)|need help"),
    Rule(A.BUFFERS, Q, r"\b(kept|keeps?|keeping|holds?|holding) you (going|here|alive|on|from|holding)|reasons?( to (live|stay|keep))?\b|part (of you )?that (wants|doesn't)|(hold|holds|hang) (you )?(on|here)|stay(ing)? alive|look(ing)? forward|stopped you|worth (living|staying|hanging)|keep (you )?going\b"),
    Rule(A.SAFETY_STEP, M, r"\b(who (could|can|might|would) you (call|text|ring|ask|go|phone|tell|reach)|warning sign|(give|giving|hand) (it|them|those|that)\b.{0,20}\b(to|tonight)|lock(ed)? (it|them) away|put it (down|away|in)|out of (the room|reach)|safer?\b.*\b(tonight|home|place)|people you can|what else do you notice|when (the )?thoughts come|take your mind|mind elsewhere|go to the|place with people|step (one|two|three)|in the same room)\b"),
    Rule(A.FEELING, S, r"\b(you|that|it|this|there|sounds?|must|feel|feeling|feels|seem|seems|imagine|guess\w*|wonder\w*|maybe|perhaps)\b.*\b(sad\w*|scar(ed|y)|afraid|angry|anger|furious|lonely|lonel\w+|alone|hurt|hopeless|helpless|worried|anxious|ashamed|shame|guilt\w*|exhaust\w+|overwhelm\w+|frustrat\w+|disappoint\w+|embarrass\w*|humiliat\w+|jealous|betray\w+|lost|torn|numb|empty|frighten\w+|terrif\w+|heartbroken|stung|disgust\w*|nervous|panick\w*|relie\w+|trapped|resent\w*|bitter|grief|devastat\w+)\b", unless=r"\?$(?<!right\?)(?<!word\?)|\b(are you|do you|did|have you)\b"),
    Rule(A.REFLECTION, S, r"^\W*(so\b|it (sounds|seems|looks)|sounds like|seems like|you('ve| have|'re| are| were| had| got| did| put| felt| want| waited| opened| left)?\b|from what|if i understand|i hear)", unless=r"\?$|\b(should|need to|must|ought)\b"),
    Rule(A.CLARIFY, Q, r"\b(do you mean|you mean|did you mean|meaning|when you say|as in|what do you mean|who (took|is|was|did)|which one|what is it\b|is that right|did i (get|understand|read)|right\?|correct\?|have i (got|understood)|or do you)\b|= |\bor\b.*\?", unless=r"suicid|die\b|dead|kill|ending your life"),
    Rule(A.OPEN_QUESTION, Q, r"\b(what|what's|how|how's)\b.*|tell me (more|about)|walk me through|say more|would you (like|want) to (tell|say|share)", unless=r"\b(how (old|many|long|much|soon)|what time|what's your name|what is your name|how come|what if|call you)\b"),
    Rule(A.OPEN_QUESTION, S, r"\b(tell me (more|about)|say (a bit )?more|walk me through)\b", unless="everything"),
    Rule(A.CLOSED_QUESTION, Q, r"^\W*(and |so |but |ok |then |oh )*(are|is|was|were|do|does|did|has|have|had|can|could|will|would|who|when|where|which|how (many|long|old|much))\b", unless=r"\b(tell me|would you like|want to|shall|suicid|kill|safe|do you mean)\b"),
)  # fmt: skip

SURE, EVIDENCE = 0.95, 0.6
DENIED_RUNG = 0.05
RUNGS = frozenset(act for act in CounselorAct if act.startswith("risk_"))
"""Every question of the risk ladder, and the one about harm to others."""


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words)


def hits(text: str, before: str = "") -> tuple[int, ...]:
    """The numbers of the rules, in the table's order, that a message meets."""
    message, heard = plain(text), plain(before)
    parts = sentences(message)
    asked = [part for part in parts if asks(part)]
    said = [part for part in parts if part not in asked]
    read = {Where.QUESTION: asked, Where.STATEMENT: said, Where.SENTENCE: parts, Where.MESSAGE: [message]}
    return tuple(number for number, rule in enumerate(RULES) if _meets(rule, read[rule.where], heard))


def _meets(rule: Rule, parts: Iterable[str], heard: str) -> bool:
    if rule.after and not _compiled(rule.after).search(heard):
        return False
    found = (part for part in parts if _compiled(rule.words).search(part))
    return any(not (rule.unless and _compiled(rule.unless).search(part)) for part in found)


def denies_rung(text: str) -> bool:
    """Whether a message speaks of suicide without asking: it says that it does not ask, why it asked, or quotes."""
    return bool(_compiled(DENIED).search(plain(text)))


class RuleLabeller:
    """Labels by the table alone: what the model is measured against, and what stands in for it where it is missing."""

    version = "rules-1"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        found: dict[CounselorAct, float] = {}
        for number in hits(text, before):
            rule = RULES[number]
            found[rule.act] = max(found.get(rule.act, 0.0), SURE if rule.sure else EVIDENCE)
        if found.keys() & RUNGS:  # what asks for a rung is no other question besides
            for act in (CounselorAct.CLOSED_QUESTION, CounselorAct.CLARIFY, CounselorAct.OPEN_QUESTION):
                found.pop(act, None)
        if not found:
            found[CounselorAct.CLOSED_QUESTION if text.rstrip().endswith("?") else CounselorAct.REFLECTION] = EVIDENCE
        ordered = sorted(found.items(), key=lambda item: (-item[1], list(CounselorAct).index(item[0])))
        return tuple(LabelledAct(act, probability) for act, probability in ordered)
