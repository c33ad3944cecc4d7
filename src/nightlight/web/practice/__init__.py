"""Pages for practice: choosing a played texter, the chat, the debrief, a shift, own progress; and for trainers."""
