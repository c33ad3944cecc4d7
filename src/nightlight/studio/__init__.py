"""Cards and role-plays: write, test, review, approve, version; training sets."""
