"""Lines a counselor may try: plain, warm, written and read by people. No other line of ours is ever suggested.

They name means as a category at most, and each is heard by the labeller as what it asks (tested)."""

from nightlight.conversations.labels import Rung

ASK_PLAINLY = (
    "I want to ask you plainly, because I care about the answer: are you thinking of suicide?",
    "Sometimes when things are this heavy, people think about ending their life. Are you having thoughts of suicide?",
    "I'd rather ask than guess: are you thinking about killing yourself?",
)
ASK_AGAIN = (
    "I'll ask once more, because it matters to me: are you thinking of suicide?",
    "You don't have to be fine for me. Are there thoughts of ending your life?",
)
ASK_ABOUT_ANOTHER = (
    "I want to ask you plainly: do you think your friend is thinking of suicide?",
    "Has your friend said anything to you about wanting to die?",
)
ASK_NEXT = {
    Rung.PLAN: (
        "Thank you for telling me. Have you thought about how you would end your life? No details, just the kind.",
        "I'm glad you said it. Do you have a plan to end your life, or is it a thought that comes and goes?",
    ),
    Rung.MEANS: (
        "Do you have what you would use with you, or could you get to it?",
        "Do you have access to what you would use? You don't need to tell me more than that.",
    ),
    Rung.TIMEFRAME: (
        "When are you thinking of doing it? Tonight, or in the next days?",
        "Is there a day you have in mind?",
    ),
}
ASK_NEXT_ABOUT_ANOTHER = (
    "Do you know if your friend has thought about how, or when? Just the kind of thing, no details.",
    "Do you know where your friend is now, and whether anyone is with them?",
)
SAY_BACK = (
    "It sounds like there's been a lot at once. Have I got that right?",
    "So you've been holding this mostly by yourself. How is that for you?",
    "I want to be sure I follow: what you told me just now sounds like the heart of it. Is it?",
)
MAKES_SENSE = (
    "It makes sense that this weighs on you.",
    "Anyone carrying that would be tired.",
    "That would shake a lot of people. How is it for you right now?",
)
ASK_OPENLY = (
    "What is that like for you?",
    "What's the hardest part of it right now?",
    "Can you tell me a bit more about that?",
)
WITHOUT_WHY = (
    "What was going on for you just then?",
    "How did it come to that?",
    "What made it feel like the only way?",
)
BACK_TO_YOU = (
    "This is your time. What was that like for you?",
    "I'd like to hear more about you. What happened next?",
)
HONEST = (
    "I can't know how it will turn out. I can be here with you now.",
    "I'd be making it up if I promised that. What I can do is stay with you while we work it out.",
)
NO_DETAILS = (
    "You don't need to tell me more about that. What matters to me is that you're safe tonight.",
    "I don't need the details. Is it near you right now?",
)
BRING_IN = (
    "Your safety comes first, so I'm bringing my supervisor in with us. I'm staying right here.",
    "I don't want us to hold this alone. I'm asking my supervisor to join us, and I'm not going anywhere.",
)
BEFORE_GOODBYE = (
    "Before we stop: what's one small thing that would make the next hour easier?",
    "Before you go, can we work out together what the rest of tonight looks like?",
)
UNDERSTOOD_WRONG = (
    "I may have got that wrong. What is it like from where you are?",
    "You know your life better than I do. What am I missing?",
)
PERMISSION = (
    "Would it help to look at what's out there together, or is it too early for that?",
    "I know of something that might fit. May I tell you about it, and why I thought of it?",
)
